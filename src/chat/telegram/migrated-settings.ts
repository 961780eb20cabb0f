import { Injectable, Logger } from '@nestjs/common';
import { ShutdownError } from '../../shared/shutdown-error.js';
import { IncidentsApi } from '../core/api/incidents-api.js';
import { chatScope } from './content/message-keys.js';
import { ServedChats } from './served-chats.js';

const logger = new Logger('MigratedSettings');

/**
 * Copies the settings of each group that becomes a supergroup: they belong to the id of the chat, which changes. Concurrent with the
 * handling of updates, which does not wait for the API.
 */
@Injectable()
export class MigratedSettings {
  constructor(
    private readonly chats: ServedChats,
    private readonly api: IncidentsApi,
    private readonly stop: AbortSignal,
  ) {}

  /** Runs until the bot is stopped. @throws ShutdownError */
  async run(): Promise<void> {
    for await (const [id, newId] of this.chats.migrations(this.stop)) await this.copy(id, newId);
  }

  private async copy(id: number, newId: number): Promise<void> {
    try {
      await this.api.inheritPolicy(chatScope(newId), chatScope(id));
    } catch (error) {
      if (error instanceof ShutdownError) throw error;
      logger.error(
        `supergroup ${newId} does not have the settings of group ${id}: ${(error as Error).message}`,
      );
    }
  }
}
