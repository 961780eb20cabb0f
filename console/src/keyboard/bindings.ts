import { type Shortcut, Shortcuts } from './shortcuts.js';

/** The parts of the help, in its order. */
export type HelpGroup = 'incidents' | 'list' | 'general';

interface Binding extends Shortcut<ActionName> {
  readonly group: HelpGroup;
}

/** What a key can do. */
export type ActionName =
  | 'take'
  | 'resolve'
  | 'close'
  | 'reopen'
  | 'release'
  | 'append'
  | 'hand_over'
  | 'urgency'
  | 'duplicate'
  | 'report'
  | 'search'
  | 'next'
  | 'previous'
  | 'extend_next'
  | 'extend_previous'
  | 'toggle'
  | 'open'
  | 'back'
  | 'undo'
  | 'help';

/** All keys: they act by this table, and the help and the buttons show it. */
export const BINDINGS: readonly Binding[] = [
  { action: 'take', keys: ['t'], group: 'incidents' },
  { action: 'resolve', keys: ['r'], group: 'incidents' },
  { action: 'close', keys: ['c'], group: 'incidents' },
  { action: 'reopen', keys: ['o'], group: 'incidents' },
  { action: 'append', keys: ['a'], group: 'incidents' },
  { action: 'hand_over', keys: ['h'], group: 'incidents' },
  { action: 'release', keys: ['l'], group: 'incidents' },
  { action: 'urgency', keys: ['u'], group: 'incidents' },
  { action: 'duplicate', keys: ['d'], group: 'incidents' },
  { action: 'undo', keys: ['z'], group: 'incidents' },
  { action: 'next', keys: ['j', 'ArrowDown'], repeats: true, group: 'list' },
  { action: 'previous', keys: ['k', 'ArrowUp'], repeats: true, group: 'list' },
  { action: 'open', keys: ['Enter'], group: 'list' },
  { action: 'toggle', keys: ['x'], group: 'list' },
  { action: 'extend_next', keys: ['Shift+j', 'Shift+ArrowDown'], repeats: true, group: 'list' },
  { action: 'extend_previous', keys: ['Shift+k', 'Shift+ArrowUp'], repeats: true, group: 'list' },
  { action: 'back', keys: ['Escape'], group: 'list' },
  { action: 'report', keys: ['n'], group: 'general' },
  { action: 'search', keys: ['/'], group: 'general' },
  { action: 'help', keys: ['?'], group: 'general' },
];

export const shortcuts = new Shortcuts<ActionName>(BINDINGS);
