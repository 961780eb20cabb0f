import type { DynamicModule, Type } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';

/**
 * Nest's ConfigModule with a configuration that has been read and validated already: the database is opened by it before
 * Nest starts. Providers inject it by its class.
 */
export async function configModule<Configuration extends object>(
  type: Type<Configuration>,
  config: Configuration,
): Promise<DynamicModule> {
  const environment = await ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    skipProcessEnv: true,
    // Below one key: Nest writes whatever is at the top into process.env, which child processes inherit.
    validate: () => ({ config }),
  });
  const provider = {
    provide: type,
    useFactory: (service: ConfigService) => service.getOrThrow<Configuration>('config'),
    inject: [ConfigService],
  };
  return {
    ...environment,
    providers: [...environment.providers!, provider],
    exports: [...environment.exports!, type],
  };
}
