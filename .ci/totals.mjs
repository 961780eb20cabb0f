#!/usr/bin/env node
// Totals of Jest's results: of a suite in several files, the last one counts. With --failed, the paths of the suites that have failed.
import { existsSync, readFileSync } from 'node:fs';

const [option, ...files] =
  process.argv[2] === '--failed' ? process.argv.slice(2) : [undefined, ...process.argv.slice(2)];
const suites = new Map();
const again = new Set();
for (const file of files.filter((each) => existsSync(each))) {
  for (const suite of JSON.parse(readFileSync(file, 'utf8')).testResults) {
    if (suites.get(suite.name)?.status === 'failed') again.add(suite.name);
    suites.set(suite.name, suite);
  }
}
const failed = [...suites.values()].filter(({ status }) => status === 'failed');
if (option) {
  process.stdout.write(`${failed.map(({ name }) => name).join(' ')}\n`);
} else {
  for (const { name, message } of failed) console.log(`\n${name}\n${message.slice(0, 1_500)}`);
  for (const name of again)
    if (suites.get(name).status !== 'failed')
      console.log(`\nfailed beside others, and passed alone: ${name}`);
  const tests = [...suites.values()].flatMap(({ assertionResults }) => assertionResults);
  const countOf = (wanted) => tests.filter(({ status }) => status === wanted).length;
  // A suite that does not start has no tests.
  const notStarted = failed.filter(({ assertionResults }) =>
    assertionResults.every(({ status }) => status !== 'failed'),
  );
  console.log(`\n${countOf('passed')} passed, ${countOf('failed') + notStarted.length} failed`);
}
