import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { ChannelRegistry } from '../../../src/application/intake/channel-registry.js';
import { telegram } from '../../../src/presentation/channels/telegram/telegram.channel.js';
import { ReportMessageParser } from '../../../src/presentation/intake/report-message-parser.js';
import { PROBLEMS, type ProblemCode } from '../../../src/presentation/http/problems/problems.js';
import type { TestDatabase } from '../../support/databases.js';
import { type Block, blocksOf, DOCUMENTS } from '../../support/documents.js';
import { KEY } from '../../support/key.js';
import { COMPILE_CACHE } from '../../support/processes.js';
import { type Service, startService } from '../../support/service.js';

const ADDRESS = 'http://127.0.0.1:8000';

/** Something in a document that can be tried. */
interface Example {
  readonly title: string;
  /** What a reader would paste; empty for a body that is sent. */
  readonly command: string;
  readonly needsService: boolean;
  try(service: Service): Promise<void>;
}

/** The examples of a document, in their order: each works on what those before it have left behind. */
function examplesOf(document: string): Example[] {
  return blocksOf(document).flatMap((block) => {
    if (block.language === 'bash') return block.text.split(/\n\n+/).map(commandExample);
    if (block.language in PROGRAMS) return [programExample(block)];
    return block.language === 'json' ? [jsonExample(block)] : [];
  });
}

/** A command with the HTTP status or the exit code that its comment promises: `# 201`, `# exit 0`. */
function commandExample(command: string): Example {
  const [, kind, code] = /^# (exit )?(\d+)/m.exec(command) ?? [];
  return {
    title: command,
    command,
    needsService: true,
    try: async ({ url, database }) => {
      if (code === undefined) throw new Error('the example does not say how it ends: # 201, # exit 0');
      const script = command
        .replaceAll(ADDRESS, url)
        .replace('curl', String.raw`curl -sS -w '\nstatus %{http_code}'`);
      const result = await shell(script, database);
      if (kind === undefined) {
        expect(result).toMatchObject({ exitCode: 0, stderr: '' });
        expect(result.stdout).toContain(`status ${code}`);
      } else {
        expect(result).toMatchObject({ exitCode: Number(code) });
      }
    },
  };
}

const PYTHON = '/usr/bin/python3';
const hasCryptography = spawnSync(PYTHON, ['-c', 'import cryptography']).status === 0;
if (!hasCryptography)
  process.stdout.write(
    "Examples in Python are skipped: Debian's package python3-cryptography is not installed.\n",
  );

/** How programs in these languages run. */
const PROGRAMS: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  ts: [process.execPath, '--input-type=module-typescript', '--eval'],
  python: [PYTHON, '-c'],
};

/** A program that writes the HTTP status in its first line: `python 201`. */
function programExample({ language, words, text }: Block): Example {
  const [program, ...args] = PROGRAMS[language]!;
  return {
    title: text,
    command: '',
    needsService: true,
    try: async ({ url }) => {
      if (language === 'python' && !hasCryptography) return;
      const { stdout } = await promisify(execFile)(program, [...args, text.replaceAll(ADDRESS, url)]);
      expect(stdout.trim()).toBe(words[0]);
    },
  };
}

/** A body that is sent (`json POST /path 201`), a message for Kafka, an event or a problem. */
function jsonExample({ words, text }: Block): Example {
  const [kind = '', path = '', status = '', type = 'application/json'] = words;
  const check: Record<string, (service: Service) => Promise<void>> = {
    POST: async ({ url }) => {
      const body = type.endsWith('ndjson') ? `${JSON.stringify(JSON.parse(text))}\n` : text;
      const headers = { 'X-Access-Key': 'key', 'Content-Type': type };
      const response = await fetch(url + path, { method: 'POST', headers, body });
      const answer = await response.text();
      expect({ status: response.status, answer }).toEqual({ status: Number(status), answer });
      // A stream and a notification say for each of their parts what became of it.
      expect(answer).not.toMatch(/"status":4|"quarantined":[1-9]/);
    },
    message: async () => {
      const place = { topic: 'incidents.inbound', partition: 0, offset: 0n };
      const content = { value: Buffer.from(text), key: undefined, headers: [] };
      const report = await new ReportMessageParser(new ChannelRegistry([telegram])).parse({
        ...place,
        ...content,
      });
      expect(report).toMatchObject({
        description: (JSON.parse(text) as { description: string }).description,
      });
    },
    event: async () => {
      const { id, incident_id: incidentId, ...event } = JSON.parse(text) as Record<string, unknown>;
      expect(id).toBe(`${String(incidentId)}-${String(event['seq'])}`);
      requireSchema('IncidentEventResponse', event);
    },
    feed: async () => requireSchema('FeedEventResponse', JSON.parse(text) as object),
    statistics: async () => requireSchema('StatisticsResponse', JSON.parse(text) as object),
    problem: async () => {
      const { code, status, title, ...rest } = JSON.parse(text) as { code: ProblemCode } & Record<
        string,
        unknown
      >;
      expect({ status, title }).toEqual(PROBLEMS[code]);
      requireSchema('ProblemResponse', { code, status, title, ...rest });
    },
  };
  return {
    title: `json ${words.join(' ')} ${text}`,
    command: '',
    needsService: kind === 'POST',
    try: (service) =>
      check[kind]?.(service) ??
      Promise.reject(new Error(`a block of json says what it is, and not "${kind}"`)),
  };
}

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function shell(script: string, database: TestDatabase): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const settings = { DATABASE_URL: database.url, X_ACCESS_KEY: KEY, LOG_FORMAT: 'json' };
  const env = { PATH, HOME, ...settings, ...COMPILE_CACHE };
  return new Promise((resolve) =>
    execFile('bash', ['--norc', '-euc', script], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}

const contract = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, object>;
  components: object;
};
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'contract', components: contract.components });

/** @throws Error where the example lacks a member of what the service sends, or has one of another form. */
function requireSchema(name: string, example: object): void {
  const validate = ajv.compile({ $ref: `contract#/components/schemas/${name}` });
  if (!validate(example)) throw new Error(ajv.errorsText(validate.errors));
}

const withExamples = DOCUMENTS.filter((document) => examplesOf(document).length > 0);

describe.each(withExamples)('the examples of %s', (document) => {
  const examples = examplesOf(document);
  const needsService = examples.some((example) => example.needsService);
  let service: Service;

  // Each document tells a story of its own, which begins with an empty database.
  beforeAll(async () => {
    if (needsService)
      service = await startService({ environment: { X_ACCESS_KEY: 'key', NODE_ENV: 'development' } });
  });
  afterAll(async () => {
    if (needsService) await service.stop();
  });

  it.each(examples)('work: $title', async (example) => {
    await example.try(service);
  });
});

describe('the examples of all documents', () => {
  const commands = withExamples.flatMap(examplesOf).map(({ command }) => command);
  const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );

  it.each(operations)('include $method $path', ({ method, path }) => {
    const address = `${ADDRESS}${path.replaceAll('{id}', '\\d+').replaceAll(/\{\w+\}/g, '[^/]+')}`;
    const pattern = new RegExp(`${address}(?=['"?\\s]|$)`);
    const found = commands.filter((command) => pattern.test(command) && methodOf(command) === method);
    expect(found).not.toEqual([]);
  });
});

function methodOf(command: string): string {
  return /-X (\w+)/.exec(command)?.[1] ?? (/ -[dF] /.test(command) ? 'POST' : 'GET');
}
