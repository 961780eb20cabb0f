import { isSubmit, type KeyPress, Shortcuts } from '../../../console/src/keyboard/shortcuts.js';

const shortcuts = new Shortcuts([
  { action: 'take', keys: ['t'] },
  { action: 'append', keys: ['a'] },
  { action: 'hand over', keys: ['h'] },
  { action: 'urgent', keys: ['u'] },
  { action: 'next', keys: ['j', 'ArrowDown'], repeats: true },
  { action: 'select', keys: ['x'] },
  { action: 'select range', keys: ['Shift+x'] },
  { action: 'new report', keys: ['n'] },
  { action: 'quote', keys: ['q'] },
  { action: 'search', keys: ['/'] },
  { action: 'help', keys: ['?'] },
  { action: 'open', keys: ['Enter'] },
  { action: 'close', keys: ['Escape'] },
]);

const aPress = (key: string, code: string, others: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  isComposing: false,
  defaultPrevented: false,
  target: { tagName: 'BODY' },
  ...others,
});
const actionOf = (key: string, code: string, others?: Partial<KeyPress>) =>
  shortcuts.actionOf(aPress(key, code, others));
const shift = { shiftKey: true };

describe('a shortcut', () => {
  it.each([
    ['US', 't', 'KeyT', {}, 'take'],
    ['US with caps lock', 'T', 'KeyT', {}, 'take'],
    ['US', 'ArrowDown', 'ArrowDown', {}, 'next'],
    ['US', 'x', 'KeyX', {}, 'select'],
    ['US', 'X', 'KeyX', shift, 'select range'],
    ['US', '/', 'Slash', {}, 'search'],
    ['US', '?', 'Slash', shift, 'help'],
    ['Russian', 'е', 'KeyT', {}, 'take'],
    ['Russian with caps lock', 'Е', 'KeyT', {}, 'take'],
    ['Russian', 'ф', 'KeyA', {}, 'append'],
    ['Russian', 'о', 'KeyJ', {}, 'next'],
    ['Russian', 'Ч', 'KeyX', shift, 'select range'],
    ['Russian, where the key has a full stop', '.', 'Slash', {}, 'search'],
    ['Russian, where the key has a comma', ',', 'Slash', shift, 'help'],
    ['Russian, above the seven', '?', 'Digit7', shift, 'help'],
    ['Russian, on the backslash', '/', 'Backslash', shift, 'search'],
    ['Bulgarian, where the key has a letter', 'б', 'Slash', {}, 'search'],
    ['Ukrainian', 'г', 'KeyU', {}, 'urgent'],
    ['Greek', 'τ', 'KeyT', {}, 'take'],
    ['Thai, where the key has a mark', 'ี', 'KeyU', {}, 'urgent'],
    ['Arabic, where a key has two letters', 'لا', 'KeyT', {}, 'take'],
    ['Dvorak', 't', 'KeyK', {}, 'take'],
    ['Dvorak', 'x', 'KeyB', {}, 'select'],
    ['Dvorak', '/', 'BracketLeft', {}, 'search'],
    ['AZERTY', 'a', 'KeyQ', {}, 'append'],
    ['AZERTY', 'q', 'KeyA', {}, 'quote'],
    ['AZERTY', '/', 'Period', shift, 'search'],
    ['AZERTY', '?', 'KeyM', shift, 'help'],
    ['German', '/', 'Digit7', shift, 'search'],
    ['any', 'Enter', 'NumpadEnter', {}, 'open'],
    ['any', '/', 'NumpadDivide', {}, 'search'],
    ['any', 'Escape', 'Escape', {}, 'close'],
  ])('acts under the layout %s: %s of %s', (_layout, key, code, modifiers, action) => {
    expect(actionOf(key, code, modifiers)).toBe(action);
  });

  it.each([
    ['Dvorak, where T is elsewhere', 'y', 'KeyT', {}],
    ['Dvorak, whose Q has an apostrophe', "'", 'KeyQ', {}],
    ['Dvorak, whose slash has a Z', 'z', 'Slash', {}],
    ['German, whose slash has a hyphen', '-', 'Slash', {}],
    ['German, whose Ü is a Latin letter', 'ü', 'BracketLeft', {}],
    ['Icelandic with AltGr', 'þ', 'KeyT', { getModifierState: (name: string) => name === 'AltGraph' }],
    ['any, with a dead key', 'Dead', 'KeyU', {}],
    ['any, with an input method', 'Process', 'KeyT', {}],
    ['a phone, which names no key', 'Unidentified', '', {}],
    ['any, with a function key', 'F5', 'F5', {}],
  ])('does not act under the layout %s: %s of %s', (_layout, key, code, others) => {
    expect(actionOf(key, code, others)).toBeUndefined();
  });

  it.each(['ctrlKey', 'metaKey', 'altKey', 'isComposing', 'defaultPrevented'])(
    'does not act with %s',
    (member) => {
      for (const [key, code] of [
        ['t', 'KeyT'],
        ['е', 'KeyT'],
        ['/', 'Slash'],
        ['Escape', 'Escape'],
      ] as const)
        expect(actionOf(key, code, { [member]: true })).toBeUndefined();
    },
  );

  it('acts with Shift only if it says so', () => {
    expect(actionOf('T', 'KeyT', shift)).toBeUndefined();
    expect(actionOf('Enter', 'Enter', shift)).toBeUndefined();
  });

  it('repeats while its key is held down only if it says so', () => {
    expect(actionOf('j', 'KeyJ', { repeat: true })).toBe('next');
    expect(actionOf('t', 'KeyT', { repeat: true })).toBeUndefined();
  });

  it.each([
    { tagName: 'INPUT', type: 'text' },
    { tagName: 'INPUT', type: 'search' },
    { tagName: 'INPUT', type: 'datetime-local' },
    { tagName: 'TEXTAREA' },
    { tagName: 'SELECT' },
    { tagName: 'SPAN', isContentEditable: true },
    { tagName: 'DIV', getAttribute: (name: string) => (name === 'role' ? 'combobox' : null) },
  ])('does not act while somebody types into %j', (target) => {
    for (const [key, code] of [
      ['t', 'KeyT'],
      ['т', 'KeyN'],
      ['.', 'Slash'],
      ['?', 'Digit7'],
      ['Enter', 'Enter'],
    ] as const) {
      expect(actionOf(key, code, { target })).toBeUndefined();
      // As an event that has left a shadow tree shows it.
      expect(actionOf(key, code, { composedPath: () => [target] })).toBeUndefined();
    }
  });

  it.each([
    { tagName: 'BUTTON' },
    { tagName: 'A' },
    { tagName: 'INPUT', type: 'checkbox' },
    { tagName: 'DIV', getAttribute: () => 'tab' },
  ])('leaves Enter to the %j that has the focus, and acts by other keys', (target) => {
    expect(actionOf('Enter', 'Enter', { target })).toBeUndefined();
    expect(actionOf('е', 'KeyT', { target })).toBe('take');
  });

  it('leaves the arrow keys to a player that has the focus, and acts by other keys', () => {
    const target = { tagName: 'AUDIO' };
    expect(actionOf('ArrowDown', 'ArrowDown')).toBe('next');
    expect(actionOf('ArrowDown', 'ArrowDown', { target })).toBeUndefined();
    expect(actionOf('t', 'KeyT', { target })).toBe('take');
  });

  it('is shown in the help by the keys that act', () => {
    expect(shortcuts.labelsOf('next')).toEqual([['J'], ['↓']]);
    expect(shortcuts.labelsOf('select range')).toEqual([['Shift', 'X']]);
    expect(shortcuts.labelsOf('close')).toEqual([['Esc']]);
    expect(shortcuts.labelsOf('help')).toEqual([['?']]);
    expect(shortcuts.labelsOf('open')).toEqual([['Enter']]);
  });

  it('cannot have the key of another one', () => {
    const table = [
      { action: 'take', keys: ['t'] },
      { action: 'tag', keys: ['g', 't'] },
    ];
    expect(() => new Shortcuts(table)).toThrow('take and tag have the same key t');
  });
});

describe('a form', () => {
  it('is sent by Ctrl+Enter and by the command key with Enter, but not by Enter that ends a composition', () => {
    expect(isSubmit(aPress('Enter', 'Enter', { ctrlKey: true }))).toBe(true);
    expect(isSubmit(aPress('Enter', 'NumpadEnter', { metaKey: true }))).toBe(true);
    expect(isSubmit(aPress('Enter', 'Enter'))).toBe(false);
    expect(isSubmit(aPress('Enter', 'Enter', { ctrlKey: true, isComposing: true }))).toBe(false);
  });
});
