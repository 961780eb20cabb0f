import { readFileSync } from 'node:fs';
import { BINDINGS, shortcuts } from '../../../console/src/keyboard/bindings.js';
import { english } from '../../../console/src/translations/english.js';
import { russian } from '../../../console/src/translations/russian.js';

describe.each([
  ['docs/console.md', english],
  ['docs/ru/console.md', russian],
])('%s', (document, texts) => {
  const section = readFileSync(document, 'utf8')
    .split('\n## ')
    .find((each) => each.includes('| `T` '))!;
  const rows = [...section.matchAll(/^\| (`.*?`) +\| (.*?) +\|$/gm)];

  it.each(BINDINGS.map(({ action }) => action))('lists the keys of %s', (action) => {
    const keys = shortcuts.labelsOf(action).map((label) => `\`${label.join('+')}\``);
    const row = rows.find(([, listed]) => listed === keys.join(', '));
    expect(row?.[2]).toContain(texts.actions[action]);
  });

  it('lists no other keys but that of forms', () => {
    expect(rows).toHaveLength(BINDINGS.length + 1);
  });
});
