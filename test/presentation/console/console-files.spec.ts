import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { ConsoleController } from '../../../src/presentation/console/console.controller.js';
import { ConsoleFiles } from '../../../src/presentation/console/console-files.js';

/** What a browser may load before the page is usable, over the wire. */
const MAX_START_BYTES = 60 * 1024;

describe('the built console', () => {
  const files = new ConsoleFiles();
  const page = files.page!.forms.at(-1)!.content.toString();
  const loaded = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);

  it('starts with one script and one stylesheet', () => {
    expect(loaded.map((path) => extname(path))).toEqual(['.js', '.css']);
  });

  it('loads at most 60 KB to start', () => {
    const bytes = ['/index.html', ...loaded].map((path) => files.at(path)!.forms[0]!.content.length);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(MAX_START_BYTES);
  });

  it('is compressed without loss, the best form first', () => {
    for (const path of loaded) {
      const { forms } = files.at(path)!;
      expect(forms.map(({ coding }) => coding)).toEqual(['br', 'gzip', undefined]);
      const [brotli, gzip, plain] = forms.map(({ content }) => content);
      expect(brotliDecompressSync(brotli!).equals(plain!)).toBe(true);
      expect(brotli!.length).toBeLessThan(gzip!.length);
    }
  });

  it('loads nothing from another host', () => {
    expect(page).not.toMatch(/(?:src|href)="(?!\/)/);
    expect(readFileSync('console/public/manifest.webmanifest', 'utf8')).not.toContain('://');
  });
});

describe('a console that is not built', () => {
  const directory = mkdtempSync(join(tmpdir(), 'console-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([directory, join(directory, 'missing')])('is said to be missing: %#', (empty) => {
    const files = new ConsoleFiles(empty);
    expect(files.page).toBeUndefined();
    const controller = new ConsoleController(files);
    expect(() => controller.serve({ path: '/' } as never, {} as never)).toThrow(
      'The console is not built: run make build.',
    );
  });
});
