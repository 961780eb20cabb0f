/** The layers and who may know whom; see ARCHITECTURE.md. */
const layer = (name) => `^src/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-knows-itself-alone',
      comment: 'Its module may import Nest; its rules import nothing.',
      severity: 'error',
      from: { path: layer('domain'), pathNot: 'domain\\.module\\.ts$' },
      to: { pathNot: layer('domain') },
    },
    {
      name: 'domain-module-knows-nest',
      severity: 'error',
      from: { path: '^src/domain/domain\\.module\\.ts$' },
      to: { pathNot: [layer('domain'), 'node_modules/@nestjs/common/'] },
    },
    {
      name: 'application-knows-domain',
      severity: 'error',
      from: { path: layer('application') },
      to: { pathNot: [layer('application'), layer('domain'), 'node_modules/@nestjs/common/'] },
    },
    {
      name: 'infrastructure-knows-no-presentation',
      severity: 'error',
      from: { path: layer('infrastructure') },
      to: { path: layer('presentation') },
    },
    {
      name: 'presentation-knows-no-infrastructure',
      severity: 'error',
      from: { path: layer('presentation') },
      to: { path: [layer('infrastructure'), 'node_modules/(typeorm|pg)/'] },
    },
    {
      name: 'config-knows-no-layer',
      severity: 'error',
      from: { path: layer('config') },
      to: { path: '^src/(domain|application|infrastructure|presentation)/' },
    },
    {
      name: 'bot-knows-the-api-alone',
      comment:
        'It is a client of the API, as any other is: nothing that the API does not say may be of use to it.',
      severity: 'error',
      from: { path: layer('bot') },
      to: { path: '^src/(?!bot/|config/)' },
    },
    {
      name: 'nobody-knows-the-bot',
      severity: 'error',
      from: { pathNot: [layer('bot'), '^src/main\\.bot\\.ts$'] },
      to: { path: layer('bot') },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'A migration means tomorrow what it meant when it was written.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/' },
    },
    {
      name: 'one-place-assembles-infrastructure',
      comment: 'Only the processes and the module name adapters.',
      severity: 'error',
      from: { path: '^src/(domain|application|presentation|config)/' },
      to: { path: layer('infrastructure') },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/metadata\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
