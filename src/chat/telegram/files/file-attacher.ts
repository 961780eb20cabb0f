import { Injectable, Logger } from '@nestjs/common';
import { withSuffix } from '../../core/actions/incident-actions.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { type RequestIdentity, RetriesExhausted } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { type FileRejection, fileRejectionOf } from '../../core/messages/rejections.js';
import { Translations } from '../../core/translations/translations.js';
import type { MessageFile } from '../content/message-files.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { FileUnavailable } from './file-download.js';
import { TelegramFiles } from './telegram-files.js';

const logger = new Logger('FileAttacher');

/** Attaches the files of messages to incidents. */
@Injectable()
export class FileAttacher {
  constructor(
    private readonly api: IncidentsApi,
    private readonly telegram: TelegramFiles,
    private readonly translations: Translations,
    private readonly metrics: BotMetrics,
  ) {}

  /**
   * Resolves when each file is committed, or rejected for good. Of those that are rejected, the description of the incident says so.
   * @param identity of the message: each file has a key of its own, so that a redelivered message attaches it once.
   * @returns which files are rejected, and why, in words; undefined where none is.
   * @throws ApiRejection if there is no such incident. @throws ShutdownError
   */
  async attach(
    files: readonly MessageFile[],
    id: number,
    identity: RequestIdentity,
  ): Promise<string | undefined> {
    const remarks: string[] = [];
    for (const file of files) {
      const fileIdentity = withSuffix(identity, `file:${file.uniqueId}`);
      const rejection = await this.attachOne(file, id, fileIdentity);
      this.metrics.files.inc({ outcome: rejection ?? 'attached' });
      if (rejection === undefined) continue;
      const { rejected, reasons } = this.translations.files;
      const remark = rejected(file.name, reasons[rejection]);
      await this.note(remark, id, fileIdentity);
      remarks.push(remark);
    }
    return remarks.length === 0 ? undefined : remarks.join('\n');
  }

  /** @returns why the file is rejected; undefined where it is committed. */
  private async attachOne(
    file: MessageFile,
    id: number,
    identity: RequestIdentity,
  ): Promise<FileRejection | undefined> {
    const download = this.telegram.download(file);
    try {
      await this.api.attach(id, () => download.open(), identity);
      return undefined;
    } catch (error) {
      if (error instanceof FileUnavailable) {
        logger.warn(`Telegram does not provide the file ${file.id} (${error.message})`);
        return error.reason;
      }
      if (error instanceof RetriesExhausted) {
        logger.error({ err: error, msg: `file ${file.id} is not attached to incident ${id}` });
        return 'failed';
      }
      if (!(error instanceof ApiRejection)) throw error;
      // The message is redelivered, and Telegram gives other bytes than before.
      if (error.is('idempotency.key-reused')) return undefined;
      const rejection = fileRejectionOf(error);
      logger.warn(`file ${file.id} is not attached to incident ${id} (${error.message})`);
      return rejection;
    }
  }

  /** Appends to the description that a file is missing. The chat is told in any case: a closed incident takes no text. */
  private async note(text: string, id: number, identity: RequestIdentity): Promise<void> {
    try {
      await this.api.update(id, { description_append: text }, withSuffix(identity, 'rejected'));
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      logger.warn(`incident ${id} does not say that a file is missing (${error.message})`);
    }
  }
}
