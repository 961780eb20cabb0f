/** The members of a KeyboardEvent that decide which shortcut it is. */
export interface KeyPress {
  /** What the layout makes of the key: `t`, `е`, `/`, `Enter`. */
  readonly key: string;
  /** Where the key is, whatever the layout: `KeyT`, `Slash`. */
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Whether the key is held down. */
  readonly repeat: boolean;
  /** Whether an input method composes a character of several keys. */
  readonly isComposing: boolean;
  readonly defaultPrevented: boolean;
  readonly target: unknown;
  composedPath?(): readonly unknown[];
  getModifierState?(modifier: string): boolean;
}

/** An action, and the keys that call it. */
export interface Shortcut<Action extends string> {
  readonly action: Action;
  /** A small letter, another character of a key (`/`), or a named key (`Enter`, `ArrowDown`); each may begin with `Shift+`. */
  readonly keys: readonly string[];
  /** Whether a key that is held down repeats the action, as the selection moves on. */
  readonly repeats?: boolean;
}

/** A key of the help, as the parts that are pressed together: `Shift` and `X`. */
export type KeyLabel = readonly string[];

/**
 * Finds the action of a key press in a table, from which the help is generated too: so the help shows the keys that act.
 *
 * A letter is found by `event.key` if it is Latin, so that it is right on Dvorak and AZERTY, and else by `event.code`, so that it works
 * under Cyrillic and other layouts. Nothing is found while somebody types, and none with Ctrl, Alt or the command key, which belong to
 * the browser.
 */
export class Shortcuts<Action extends string> {
  private readonly byKey: ReadonlyMap<string, Shortcut<Action>>;

  /** @throws Error if two actions have the same key. */
  constructor(readonly table: readonly Shortcut<Action>[]) {
    const byKey = new Map<string, Shortcut<Action>>();
    for (const shortcut of table) {
      for (const key of shortcut.keys) {
        const other = byKey.get(key);
        if (other) throw new Error(`${other.action} and ${shortcut.action} have the same key ${key}`);
        byKey.set(key, shortcut);
      }
    }
    this.byKey = byKey;
  }

  /** The action of a key press, if it is a shortcut. */
  actionOf(press: KeyPress): Action | undefined {
    const key = keyOf(press);
    const shortcut = key === undefined ? undefined : this.byKey.get(key);
    if (!shortcut || press.defaultPrevented || (press.repeat && !shortcut.repeats)) return undefined;
    const target = targetOf(press);
    if (isTypedInto(target) || (ACTIVATING_KEYS.has(press.key) && isActivatable(target))) return undefined;
    if (PLAYERS.has(target.tagName) && press.key.startsWith('Arrow')) return undefined;
    return shortcut.action;
  }

  /** The keys of an action as the help and the buttons show them. */
  labelsOf(action: Action): readonly KeyLabel[] {
    return this.table
      .filter((shortcut) => shortcut.action === action)
      .flatMap(({ keys }) => keys.map(labelOf));
  }
}

/** Whether the press sends the form in which somebody types: Ctrl+Enter, or the command key and Enter. */
export function isSubmit({ key, ctrlKey, metaKey, altKey, isComposing }: KeyPress): boolean {
  return key === 'Enter' && (ctrlKey || metaKey) && !altKey && !isComposing;
}

/** The key as the table names it; undefined if the press cannot be a shortcut. */
function keyOf(press: KeyPress): string | undefined {
  const { key, code, shiftKey, ctrlKey, metaKey, altKey, isComposing } = press;
  if (ctrlKey || metaKey || altKey || isComposing || press.getModifierState?.('AltGraph')) return undefined;
  const prefix = shiftKey ? 'Shift+' : '';
  if (LATIN_LETTER.test(key)) return prefix + key.toLowerCase();
  // Cyrillic layouts have the full stop and the comma on the key of the slash.
  if (code === 'Slash' && key === (shiftKey ? ',' : '.')) return shiftKey ? '?' : '/';
  // Where a character such as `/` is, and whether it needs Shift, is the layout's business.
  if (PRINTABLE_ASCII.test(key)) return key;
  if (NAMED_KEY.test(key)) return prefix + key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return prefix + letter.toLowerCase();
  return code === 'Slash' ? (shiftKey ? '?' : '/') : undefined;
}

const LATIN_LETTER = /^\p{Script=Latin}$/u;
const PRINTABLE_ASCII = /^[ -~]$/;
const NAMED_KEY = /^[A-Z][A-Za-z\d]+$/;

/** The keys that activate the button or link that has the focus. */
const ACTIVATING_KEYS: ReadonlySet<string> = new Set(['Enter', ' ']);

/** Sound and video wind, and change their volume, by the arrow keys. */
const PLAYERS: ReadonlySet<unknown> = new Set(['AUDIO', 'VIDEO']);

/** The part of an element that shows whether somebody types into it. */
interface Target {
  readonly tagName?: unknown;
  readonly type?: unknown;
  readonly isContentEditable?: unknown;
  readonly getAttribute?: (name: string) => string | null;
}

/** The element that has the focus, even within a shadow tree. */
const targetOf = (press: KeyPress): Target => press.composedPath?.()[0] ?? press.target ?? {};

/** The types of inputs into which nothing is typed. */
const INPUTS_WITHOUT_TEXT: ReadonlySet<unknown> = new Set([
  'button',
  'checkbox',
  'color',
  'file',
  'image',
  'radio',
  'range',
  'reset',
  'submit',
]);
const ROLES_WITH_TEXT: ReadonlySet<unknown> = new Set([
  'textbox',
  'searchbox',
  'combobox',
  'spinbutton',
  'listbox',
]);
const ROLES_WITH_ACTIVATION: ReadonlySet<unknown> = new Set([
  'button',
  'link',
  'menuitem',
  'tab',
  'switch',
  'checkbox',
]);

function isTypedInto(target: Target): boolean {
  // A select chooses its option by the first letters.
  if (target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  if (target.tagName === 'INPUT') return !INPUTS_WITHOUT_TEXT.has(target.type);
  return target.isContentEditable === true || ROLES_WITH_TEXT.has(roleOf(target));
}

function isActivatable(target: Target): boolean {
  const { tagName } = target;
  return (
    tagName === 'A' ||
    tagName === 'BUTTON' ||
    tagName === 'INPUT' ||
    tagName === 'SUMMARY' ||
    ROLES_WITH_ACTIVATION.has(roleOf(target))
  );
}

const roleOf = (target: Target) => target.getAttribute?.('role');

const NAMES: Readonly<Record<string, string>> = {
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
};

function labelOf(key: string): KeyLabel {
  const [, shift, rest = key] = /^(Shift)\+(.+)$/.exec(key) ?? [];
  const label = NAMES[rest] ?? (rest.length === 1 ? rest.toUpperCase() : rest);
  return shift ? [shift, label] : [label];
}
