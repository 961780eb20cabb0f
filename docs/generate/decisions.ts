import { readdirSync } from 'node:fs';
import { table } from './markdown.ts';
import { pathTo, read } from './project.ts';

const FOLDER = 'docs/adr';

/** The index of the decisions, by number. */
export function decisionsTable(): string {
  const files = readdirSync(pathTo(FOLDER)).filter((file) => /^\d{4}-.*\.md$/.test(file));
  const rows = files.toSorted().map((file) => {
    const text = read(`${FOLDER}/${file}`);
    const found = [
      /^# (\d+)\. .+$/m,
      /^# \d+\. (.+)$/m,
      /^- \*\*Status:\*\* (.+)$/m,
      /^- \*\*Date:\*\* (.+)$/m,
    ].map((pattern) => pattern.exec(text)?.[1]);
    const [number, title, status, date] = found;
    if (!number || !title || !status || !date)
      throw new Error(`${FOLDER}/${file} has no number, title, status or date`);
    return [number, `[${title}](${file})`, status, date];
  });
  return table(['number', 'decision', 'status', 'date'], rows);
}
