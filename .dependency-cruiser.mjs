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
      name: 'shared-imports-no-layer',
      comment: 'What every layer may use depends on none.',
      severity: 'error',
      from: { path: layer('shared') },
      to: { path: '^src/(?!shared/)' },
    },
    {
      name: 'domain-imports-only-itself',
      severity: 'error',
      from: { path: layer('domain') },
      to: { pathNot: [layer('domain'), layer('shared')] },
    },
    {
      name: 'application-imports-domain',
      severity: 'error',
      from: { path: layer('application') },
      to: {
        pathNot: [layer('application'), layer('domain'), layer('shared'), 'node_modules/@nestjs/common/'],
      },
    },
    {
      name: 'infrastructure-imports-no-presentation',
      severity: 'error',
      from: { path: layer('infrastructure') },
      to: { path: layer('presentation') },
    },
    {
      name: 'presentation-imports-no-infrastructure',
      severity: 'error',
      from: { path: layer('presentation') },
      to: { path: [layer('infrastructure'), 'node_modules/(typeorm|pg)/'] },
    },
    {
      name: 'http-mechanisms-import-no-routes',
      severity: 'error',
      from: { path: layer('presentation/http') },
      to: { path: [layer('presentation/api'), layer('presentation/channels')] },
    },
    {
      name: 'channels-import-no-routes',
      severity: 'error',
      from: { path: layer('presentation/channels') },
      to: { path: layer('presentation/api') },
    },
    {
      name: 'channels-import-no-other-channel',
      severity: 'error',
      from: { path: '^src/presentation/channels/([^/]+)/' },
      to: { path: '^src/presentation/channels/[^/]+/', pathNot: '^src/presentation/channels/$1/' },
    },
    {
      name: 'config-imports-no-layer',
      severity: 'error',
      from: { path: layer('config') },
      to: { path: '^src/(domain|application|infrastructure|presentation|chat|processes|cli)/' },
    },
    {
      name: 'chat-imports-no-service-code',
      comment:
        'It is a client of the API, as any other is: nothing that the API does not say may be of use to it.',
      severity: 'error',
      from: { path: layer('chat') },
      to: { path: '^src/(?!chat/|config/|shared/)' },
    },
    {
      name: 'chat-core-imports-no-messenger',
      severity: 'error',
      from: { path: layer('chat/core') },
      to: { path: ['^src/chat/(?!core/)', 'node_modules/grammy/'] },
    },
    {
      name: 'service-code-imports-no-chat',
      severity: 'error',
      from: { path: '^src/(?!chat/|processes/bot|main\\.bot\\.ts$)' },
      to: { path: layer('chat') },
    },
    {
      name: 'nothing-imports-processes',
      comment: 'Only the entry points and the command line start processes.',
      severity: 'error',
      from: { path: '^src/(domain|application|infrastructure|presentation|chat|config|shared)/' },
      to: { path: '^src/(processes|cli)/' },
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
