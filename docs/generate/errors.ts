import type * as Problems from '../../src/presentation/http/problems/problems.ts';
import { docstringsOf } from './docstrings.ts';
import { code, table } from './markdown.ts';
import { built } from './project.ts';

const FILE = 'presentation/http/problems/problems';

/** Every problem code with its status, its title and its docstring, by status. */
export async function errorsTable(): Promise<string> {
  const { PROBLEMS } = await built<typeof Problems>(`${FILE}.js`);
  const meanings = docstringsOf(`src/${FILE}.ts`, 'PROBLEMS');
  const rows = Object.entries(PROBLEMS)
    .toSorted(([, left], [, right]) => left.status - right.status)
    .map(([name, { status, title }]) => {
      const meaning = meanings.get(name);
      if (!meaning) throw new Error(`the problem ${name} has no docstring in src/${FILE}.ts`);
      return [String(status), code(name), title, meaning];
    });
  return table(['status', 'code', 'title', 'when'], rows);
}
