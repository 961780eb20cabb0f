/** The layers and who may import whom; see ARCHITECTURE.md. */
const layer = (name) => `^src/${name}/`;
const layers = (...names) => `^src/(${names.join('|')})/`;

/**
 * @param from the importing files.
 * @param to what they must not import.
 */
const forbid = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    forbid('no-cycles', {}, { circular: true }),
    forbid('nothing-unresolved', {}, { couldNotResolve: true }),
    forbid(
      'no-development-packages',
      { path: '^(src|migrations)/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    forbid(
      'shared-imports-no-layer',
      { path: layer('shared') },
      { path: '^src/(?!shared/)' },
      'What every layer may use depends on none.',
    ),
    forbid(
      'domain-imports-only-itself',
      { path: layer('domain') },
      // Time zones and cron expressions are rules of the domain; JavaScript itself has none yet.
      { pathNot: [layer('domain'), layer('shared'), 'node_modules/(?:temporal-|croner/)'] },
    ),
    forbid(
      'application-imports-domain',
      { path: layer('application') },
      { pathNot: [layers('application', 'domain', 'shared'), 'node_modules/@nestjs/common/'] },
    ),
    forbid(
      'infrastructure-imports-no-presentation',
      { path: layer('infrastructure') },
      { path: layer('presentation') },
    ),
    forbid(
      'presentation-imports-no-infrastructure',
      { path: layer('presentation') },
      { path: [layer('infrastructure'), 'node_modules/(typeorm|pg)/'] },
    ),
    forbid(
      'http-mechanisms-import-no-routes',
      { path: layer('presentation/http') },
      { path: layers('presentation/api', 'presentation/channels') },
    ),
    forbid(
      'channels-import-no-routes',
      { path: layer('presentation/channels') },
      { path: layer('presentation/api') },
    ),
    forbid(
      'channels-import-no-other-channel',
      { path: '^src/presentation/channels/([^/]+)/' },
      { path: '^src/presentation/channels/[^/]+/', pathNot: '^src/presentation/channels/$1/' },
    ),
    forbid(
      'config-imports-no-layer',
      { path: layer('config') },
      {
        path: layers('domain', 'application', 'infrastructure', 'presentation', 'chat', 'processes', 'cli'),
      },
    ),
    forbid(
      'chat-imports-no-service-code',
      { path: layer('chat') },
      { path: '^src/(?!chat/|config/|shared/)' },
      'It is a client of the API, as any other is: it may use only what the API offers.',
    ),
    forbid(
      'chat-core-imports-no-messenger',
      { path: layer('chat/core') },
      { path: ['^src/chat/(?!core/)', 'node_modules/grammy/'] },
    ),
    forbid(
      'service-code-imports-no-chat',
      { path: '^src/(?!chat/|processes/bot|main\\.bot\\.ts$)' },
      { path: layer('chat') },
    ),
    forbid(
      'console-imports-no-service-code',
      { path: '^console/' },
      { path: '^src/(?!shared/)' },
      'It is a client of the API, and runs in browsers.',
    ),
    forbid('service-code-imports-no-console', { path: '^(src|migrations)/' }, { path: '^console/' }),
    forbid(
      'nothing-imports-processes',
      { path: layers('domain', 'application', 'infrastructure', 'presentation', 'chat', 'config', 'shared') },
      { path: layers('processes', 'cli') },
      'Only the entry points and the command line start processes.',
    ),
    forbid(
      'migrations-stand-alone',
      { path: '^migrations/' },
      { path: '^src/' },
      'A migration must never change its meaning.',
    ),
    forbid(
      'one-place-assembles-infrastructure',
      { path: layers('domain', 'application', 'presentation', 'config') },
      { path: layer('infrastructure') },
      'Only the processes and the module name adapters.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/metadata\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
