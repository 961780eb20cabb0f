import { readFileSync } from 'node:fs';

/** The project's folder. */
const PROJECT = new URL('../../', import.meta.url);

export const pathTo = (file: string): URL => new URL(file, PROJECT);

export const read = (file: string): string => readFileSync(pathTo(file), 'utf8');

/** A module of the built product, typed by its source: Node cannot run decorators as they stand in the source. */
export async function built<Module>(path: string): Promise<Module> {
  return (await import(pathTo(`dist/src/${path}`).href)) as Module;
}
