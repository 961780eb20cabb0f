import './processes/source-maps.js';

const { runCommandLine } = await import('./cli/command-line.js');

process.exitCode = await runCommandLine(process.argv.slice(2));
