import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Vite writes the page beside the compiled service. Tests run the sources of the service, and the page as it was built last. */
const DIRECTORY = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/console/' : '../../../console/', import.meta.url),
);

/** How a file may be sent, best first, with the ending of its compressed form. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

export type Coding = (typeof CODINGS)[number][0];

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** One form of a file, as it is sent. */
export interface ConsoleFileForm {
  readonly content: Buffer;
  /** A strong entity tag: each form has its own (RFC 9110, 8.8.3.3). */
  readonly etag: string;
  readonly coding?: Coding;
}

export interface ConsoleFile {
  readonly mediaType: string;
  /** Whether its name changes with its content. */
  readonly isImmutable: boolean;
  /** The compressed ones first, the best first of all; the plain one last. */
  readonly forms: readonly ConsoleFileForm[];
}

/** The files of the built console, read once: they are small, and their number does not grow. */
export class ConsoleFiles {
  private readonly files: ReadonlyMap<string, ConsoleFile>;

  /** @param directory without it or with nothing in it, there are no files, and no page. */
  constructor(directory = DIRECTORY) {
    const names = globSync('**/*.*', { cwd: directory });
    const originals = names.filter((name) => extname(name) in MEDIA_TYPES);
    this.files = new Map(originals.map((name) => [`/${name}`, readForms(directory, name)]));
  }

  /** The page, which every path of the console shows; undefined if the console is not built. */
  get page(): ConsoleFile | undefined {
    return this.files.get('/index.html');
  }

  /** @param path of a URL, such as `/assets/index-x1.js`. */
  at(path: string): ConsoleFile | undefined {
    return this.files.get(path);
  }
}

function readForms(directory: string, name: string): ConsoleFile {
  const file = join(directory, name);
  const content = readFileSync(file);
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  const compressed = CODINGS.filter(([, ending]) => existsSync(file + ending));
  return {
    mediaType: MEDIA_TYPES[extname(name)]!,
    isImmutable: name.startsWith('assets/'),
    forms: [
      ...compressed.map(([coding, ending]) => ({
        content: readFileSync(file + ending),
        etag: `"${hash}-${coding}"`,
        coding,
      })),
      { content, etag: `"${hash}"` },
    ],
  };
}
