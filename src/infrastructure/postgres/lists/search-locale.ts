import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';

export const KNOWS_CASE = `SELECT incident_search_text('Ж') = 'ж' AS "knowsCase"`;

/** Warns of a database in which search is case-sensitive for letters beyond ASCII: its server has no ICU, and its locale is C. */
export async function reportSearchLocale(dataSource: DataSource): Promise<void> {
  const [{ knowsCase }] = (await dataSource.query(KNOWS_CASE)) as [{ knowsCase: boolean }];
  if (knowsCase) return;
  new Logger('Database').warn(
    'Search distinguishes the case of letters beyond ASCII in this database: it needs the encoding UTF8 and a PostgreSQL with ICU.',
  );
}
