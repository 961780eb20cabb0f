import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BotConfig } from '../../src/chat/telegram/bot-config.js';
import { Config } from '../../src/config/config.js';
import { INCIDENT_EVENT_TYPES } from '../../src/domain/incident/incident-events.js';
import { blocksOf, DOCUMENTS, linksOf, proseOf, textOf } from '../support/documents.js';

describe('the documents', () => {
  it.each(['README.md', 'README.ru.md'])('begin with a %s of at most 150 lines', (document) => {
    expect(textOf(document).split('\n').length).toBeLessThanOrEqual(151);
  });

  it('can all be reached from README.md', () => {
    const reached = new Set(['README.md']);
    // A set shows what is added to it while it is walked through.
    for (const document of reached) {
      for (const { file } of linksOf(document)) if (file.endsWith('.md')) reached.add(file);
    }
    expect(DOCUMENTS.filter((document) => !reached.has(document))).toEqual([]);
  });

  it.each(globSync('docs/ru/**/*.md'))(
    'have the same sections and examples in %s as in English',
    (russian) => {
      const english = join(dirname(russian).replace('docs/ru', 'docs'), russian.split('/').at(-1)!);
      const outlineOf = (document: string) => ({
        headings: [...proseOf(document).matchAll(/^(#+) /gm)].map(([, level]) => level),
        blocks: blocksOf(document).map(({ language, words }) => [language, ...words].join(' ')),
      });
      expect(outlineOf(russian)).toEqual(outlineOf(english));
    },
  );

  it.each(['docs/events.md', 'docs/ru/events.md'])('describe every type of event in %s', (document) => {
    const rows = textOf(document).matchAll(/^\| `([a-z_]+)` /gm);
    expect(Array.from(rows, ([, type]) => type)).toEqual([...INCIDENT_EVENT_TYPES]);
  });

  it('describe every alert rule', () => {
    const namesIn = (text: string, pattern: RegExp) =>
      new Set([...text.matchAll(pattern)].map(([, name]) => name));
    const rules = namesIn(readFileSync('monitoring/alerts.yml', 'utf8'), /alert: (\w+)/g);
    expect(namesIn(textOf('docs/operations.md'), /^\| `(Incidents\w+)` /gm)).toEqual(rules);
  });
});

describe('.env.example', () => {
  const template = readFileSync('.env.example', 'utf8');
  const defaults = Object.entries({ ...new BotConfig(), ...new Config() });

  it.each(defaults)('has %s, with its default', (name, value) => {
    const example = new RegExp(`^(?:# )?${name}=(.*)$`, 'm').exec(template)?.[1];
    expect(example).toBeDefined();
    if (value !== undefined && value !== '' && example !== '') expect(example).toBe(String(value));
  });
});

describe('ARCHITECTURE.md', () => {
  const text = textOf('ARCHITECTURE.md');

  it('has a line for each folder of src, two levels deep', () => {
    const folders = ['src/*/', 'src/*/*/'].flatMap((pattern) =>
      globSync(pattern).map((folder) => folder.replace(/\/$/, '')),
    );
    expect(folders.filter((folder) => !text.includes(`\`${folder}\``))).toEqual([]);
  });
});

describe.each(globSync('docs/adr/0*.md'))('%s', (document) => {
  it('has a status, a date and all sections', () => {
    const text = textOf(document);
    expect(text).toMatch(/^# \d+\. .+\n\n- \*\*Status:\*\* .+\n- \*\*Date:\*\* \d{4}-\d{2}-\d{2}$/m);
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(['Context', 'Decision', 'Alternatives', 'Consequences']);
  });

  it('has its number in its title and a line in the index', () => {
    const number = Number(/(\d{4})-/.exec(document)![1]);
    const title = /^# (\d+)\. (.+)$/m.exec(textOf(document))!;
    expect(Number(title[1])).toBe(number);
    expect(textOf('docs/adr/README.md')).toContain(`[${title[2]}](${document.split('/').at(-1)})`);
  });
});
