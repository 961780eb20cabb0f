import { writeFileSync } from 'node:fs';
import { valuesTable, writeChart } from './chart.ts';
import { configurationTables } from './configuration.ts';
import { decisionsTable } from './decisions.ts';
import { errorsTable } from './errors.ts';
import { withGenerated } from './markdown.ts';
import { metricsTable } from './metrics.ts';
import { pathTo, read } from './project.ts';

/** The documents that contain generated tables. */
const PAGES = [
  'docs/errors.md',
  'docs/configuration.md',
  'docs/metrics.md',
  'docs/adr/README.md',
  'deploy/helm/incidents/README.md',
];

// Writes the tables of the documents from the code: errors, environment variables, metrics, decisions and values of the chart.
await writeChart();
const parts = {
  decisions: decisionsTable(),
  errors: await errorsTable(),
  ...(await configurationTables()),
  metrics: await metricsTable(),
  values: valuesTable(),
};
for (const page of PAGES) {
  writeFileSync(pathTo(page), await withGenerated(read(page), page, parts));
  process.stdout.write(`Wrote ${page}\n`);
}
process.exit(0);
