import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUTPUT = join(import.meta.dirname, '../dist/console');

/** Images are compressed already. */
const COMPRESSIBLE = '**/*.{html,js,css,svg,webmanifest}';

/** Compresses the built files once, as well as possible: the service only sends them. */
const precompress: Plugin = {
  name: 'precompress',
  closeBundle() {
    for (const name of globSync(COMPRESSIBLE, { cwd: OUTPUT })) {
      const file = join(OUTPUT, name);
      const content = readFileSync(file);
      writeFileSync(
        `${file}.br`,
        brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
      );
      writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [precompress],
  build: {
    outDir: OUTPUT,
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    // Its script would be a second file at start; browsers that run the page have it built in.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // All that the start needs is one file. Otherwise what it shares with pages that are loaded later would be a second one.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] } } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000' } },
});
