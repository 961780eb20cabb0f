import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PROBLEMS } from '../../src/presentation/http/problems/problems.js';
import { anchorsOf, blocksOf, codeSpansOf, DOCUMENTS, linksOf, textOf } from '../support/documents.js';

const read = (pattern: string): string =>
  globSync(pattern)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

/** Where names come from that documents use. */
const SOURCES = [
  '{src,migrations,monitoring,bench,docker,test/{crash,replicated,abuse,chaos,support}}/**/*.{ts,yml,json,sh}',
  'deploy/**/*.{yaml,yml,tpl,txt,json,env,ini,conf,cfg}',
  '{.env.example,.npmrc,Makefile,Dockerfile,docker-compose.yml,docs/openapi.json,docs/alertmanager.yml,package.json}',
];
const sources = SOURCES.map(read).join('\n');
const wordsInSources = new Set(sources.match(/\w+/g));

/** Names that are not the project's own. */
const FOREIGN = new Set(
  (
    'client_max_body_size connect_query enable_sort full_page_writes http_host max_connections min_wal_size pg_backend_pid synchronous_standby_names pg_dump pg_restore pg_snapshot_xmin ' +
    'pg_trgm pg_try_advisory_xact_lock proxy_set_header remote_apply remote_write synchronous_commit update_alerts ' +
    'DeleteObject GetObject ListBucket PutObject'
  ).split(' '),
);

/** Files that commands of the project or of its users write. */
const WRITTEN = new Set(['docker-compose.pinned.yml', 'sbom.cdx.json']);

/** A decision that was replaced speaks of what was there. */
const isSuperseded = (document: string) => /^- \*\*Status:\*\* Superseded/m.test(textOf(document));
const current = DOCUMENTS.filter((document) => !isSuperseded(document));

const blockTexts = (document: string): string[] =>
  blocksOf(document)
    .filter(({ language }) => ['bash', 'sh', 'ini', 'yaml'].includes(language))
    .map(({ text }) => text);

/** All of a document that is code. */
const codeOf = (document: string): string => [...codeSpansOf(document), ...blockTexts(document)].join('\n');

const matchesIn = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([whole, group]) => group ?? whole)),
];

describe.each(current)('%s', (document) => {
  it('has links to files and headings that exist', () => {
    const broken = linksOf(document).filter(
      ({ file, anchor }) => !existsSync(file) || (anchor !== '' && !anchorsOf(file).includes(anchor)),
    );
    expect(broken.map(({ target }) => target)).toEqual([]);
  });

  it('names paths that exist', () => {
    const spans = codeSpansOf(document);
    const paths = spans.filter((span) =>
      /^(\.\/)?(src|test|docs|deploy|migrations|bench|monitoring|docker|\.ci)\/[\w./*-]*$/.test(span),
    );
    const files = spans.filter(
      (span) => /^[\w.*-]+\.(ts|tsx|mjs|yml|sh|md)$/.test(span) && !WRITTEN.has(span),
    );
    const missing = [
      ...paths.filter((path) => globSync(path).length === 0),
      ...files.filter((file) => !isFileName(file)),
    ];
    expect(missing).toEqual([]);
  });

  it('names environment variables that exist', () => {
    const names = matchesIn(codeOf(document), /(?<![\w$])[A-Z][A-Z\d]*(?:_[A-Z\d]+)+(?!\w)/g);
    expect(names.filter((name) => !wordsInSources.has(name))).toEqual([]);
  });

  it('names metrics and labels that exist', () => {
    const spans = codeSpansOf(document).join('\n');
    const named = [...spans.matchAll(/(?<![\w.-])([a-z]+(?:_[a-z]+)+)(?:\{([a-z_,]+)\})?(?!\w)/g)]
      .map(([, name, labels]) => ({ name: name!, labels: labels?.split(',') ?? [] }))
      .filter(({ name, labels }) => labels.length > 0 || /_(total|seconds|bytes|ratio)$/.test(name));
    const wrong = named.filter(
      ({ name, labels }) =>
        !labels.every((label) => METRICS.get(name)?.includes(label)) || !METRICS.has(name),
    );
    expect(wrong).toEqual([]);
  });

  it('names fields, tables and parameters that exist', () => {
    const names = matchesIn(codeSpansOf(document).join('\n'), /(?<![\w.-])[a-z]+(?:_[a-z]+)+(?!\w)/g);
    expect(names.filter((name) => !wordsInSources.has(name) && !FOREIGN.has(name))).toEqual([]);
  });

  it('names classes that exist', () => {
    const names = matchesIn(
      codeSpansOf(document).join('\n'),
      /(?<![\w.-])[A-Z][a-z]+(?:[A-Z][a-z]+)+(?!\w)/g,
    );
    expect(names.filter((name) => !wordsInSources.has(name) && !FOREIGN.has(name))).toEqual([]);
  });

  it('names problem codes that exist', () => {
    const kinds = new Set(Object.keys(PROBLEMS).map((code) => code.split('.')[0]));
    const codes = codeSpansOf(document).filter((span) => {
      const [kind, name, ...rest] = span.split('.');
      const isCode = kinds.has(kind) && /^[a-z][a-z-]+$/.test(name ?? '') && rest.length === 0;
      return isCode && !isFileName(span) && !CHART_VALUES.has(span);
    });
    expect(codes.filter((code) => !(code in PROBLEMS))).toEqual([]);
  });

  it('names commands that exist', () => {
    const code = codeOf(document);
    const targets = matchesIn(readFileSync('Makefile', 'utf8'), /^([a-z][a-z0-9-]*):/gm);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const compose = readFileSync('docker-compose.yml', 'utf8');
    const cli = read('src/cli/**/*.ts');
    const options = matchesIn(code, /npm run --silent keys -- ([^`\n]*)/g).join(' ');
    const missing = {
      targets: matchesIn(code, /\bmake ([a-z][a-z0-9-]*)/g).filter((target) => !targets.includes(target)),
      scripts: matchesIn(code, /\bnpm run (?:--silent )?([\w:]+)/g).filter((script) => !(script in scripts)),
      profiles: matchesIn(code, /--profile (\w+)/g).filter(
        (name) => !compose.includes(`profiles: [${name}]`),
      ),
      options: matchesIn(options, /--([a-z-]+)/g).filter(
        (option) => option !== 'help' && !cli.includes(`--${option}`),
      ),
    };
    expect(missing).toEqual({ targets: [], scripts: [], profiles: [], options: [] });
  });

  it('refers to decisions that exist', () => {
    expect(decisionsIn(textOf(document)).filter((number) => !DECISIONS.has(number))).toEqual([]);
  });
});

describe('the sources', () => {
  it('refer to decisions that exist', () => {
    expect(decisionsIn(sources).filter((number) => !DECISIONS.has(number))).toEqual([]);
  });
});

/** The metrics of the generated table, with their labels. */
const METRICS = new Map(
  [...textOf('docs/metrics.md').matchAll(/^\| `([a-z_]+)` +\| \w+ +\| ([^|]*)\|/gm)].map(
    ([, name, labels]) => [name!, [...labels!.matchAll(/\w+/g)].map(String)] as const,
  ),
);

/** Some values of the Helm chart look like problem codes. */
const CHART_VALUES = new Set(
  [...textOf('deploy/helm/incidents/README.md').matchAll(/^\| `([\w.]+)` /gm)].map(([, value]) => value!),
);

const DECISIONS = new Set(globSync('docs/adr/0*.md').map((file) => Number(basename(file).slice(0, 4))));

function decisionsIn(text: string): number[] {
  return matchesIn(text, /(?:\bADR |docs\/adr\/)(\d+)/g).map(Number);
}

const fileNames = [
  '{src,console,test,migrations,bench,deploy,docs,monitoring,docker}/**/*.{ts,tsx,mjs,yml,sh,md}',
  '{*.md,*.yml,*.mjs,.*.mjs}',
].flatMap((pattern) => globSync(pattern).map((file) => basename(file)));

/** Whether a file has this name, wherever it is; `*` stands for any part of it. */
function isFileName(name: string): boolean {
  const pattern = new RegExp(`^${name.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`);
  return fileNames.some((file) => pattern.test(file));
}
