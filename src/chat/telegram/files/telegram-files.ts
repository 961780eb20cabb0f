import { Injectable } from '@nestjs/common';
import { BotConfig } from '../bot-config.js';
import type { MessageFile } from '../content/message-files.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { signalFor, TelegramApi } from '../telegram-api.js';
import { FileDownload } from './file-download.js';

const TELEGRAM_URL = 'https://api.telegram.org';

/** The files that are with Telegram: https://core.telegram.org/bots/api#getfile. */
@Injectable()
export class TelegramFiles {
  constructor(
    private readonly api: TelegramApi,
    private readonly config: BotConfig,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  download(file: MessageFile): FileDownload {
    const { metrics, stop } = this;
    return new FileDownload(file, { find: (id) => this.urlOf(id), metrics, stop });
  }

  private async urlOf(id: string): Promise<string> {
    const { TELEGRAM_API_ROOT: root = TELEGRAM_URL, TELEGRAM_BOT_TOKEN: token } = this.config;
    const { file_path: path = '' } = await this.api.getFile(id, signalFor(this.stop));
    return `${root}/file/bot${token}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }
}
