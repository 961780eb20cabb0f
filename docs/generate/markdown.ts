import { format, resolveConfig } from 'prettier';
import { pathTo } from './project.ts';

const rowOf = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;

/** A table in Markdown; `|` within a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(rowOf).join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/**
 * The page with its generated parts replaced: what stands between `<!-- generated: name -->` and `<!-- end -->`.
 * @throws Error for a name that has no generator, or a part that does not end.
 */
export async function withGenerated(
  page: string,
  file: string,
  parts: Readonly<Record<string, string>>,
): Promise<string> {
  const replaced = page.replace(
    /<!-- generated: ([^>]*?) -->([\s\S]*?)<!-- (end|generated: [^>]*?) -->/g,
    (_, name: string, _old: string, end: string) => {
      if (end !== 'end') throw new Error(`${file}: the part "${name}" has no end`);
      if (parts[name] === undefined) throw new Error(`${file}: nothing generates "${name}"`);
      return `<!-- generated: ${name} -->\n\n${parts[name]}\n\n<!-- end -->`;
    },
  );
  return format(replaced, { ...(await resolveConfig(pathTo(file))), parser: 'markdown' });
}
