import { globSync, readFileSync } from 'node:fs';
import type { Statement } from '../../src/infrastructure/postgres/connection/statement.js';

const SQL =
  /^(export )?const (\w+) =\s*(?:(?:prepared|deletionFrom)\(|[`'(]\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)\b)/gm;

/**
 * Every statement of the service, apart from lists and searches, by the name of its constant: a constant that is prepared, or whose
 * text starts with an SQL keyword.
 * @throws if one is not exported, since its plan would not be checked.
 */
export async function allStatements(): Promise<{ readonly name: string; readonly text: string }[]> {
  const files = globSync('src/infrastructure/**/*.ts');
  const found = await Promise.all(
    files.map(async (file) => {
      const declared = [...readFileSync(file, 'utf8').matchAll(SQL)];
      if (declared.length === 0) return [];
      const module = (await import(`../../${file.replace(/\.ts$/, '.js')}`)) as Record<
        string,
        Statement | string
      >;
      return declared.map(([, isExported, name]) => {
        if (!isExported) throw new Error(`${name} in ${file} is not exported: its plan cannot be checked`);
        const statement = module[name!]!;
        return {
          name: `${name} of ${file}`,
          text: typeof statement === 'string' ? statement : statement.text,
        };
      });
    }),
  );
  return found.flat();
}
