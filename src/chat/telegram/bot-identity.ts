import type { UserFromGetMe } from 'grammy/types';

/** Who the bot is; known once Telegram has answered, before the first update. */
export class BotIdentity {
  private known: UserFromGetMe | undefined;

  learn(user: UserFromGetMe): void {
    this.known = user;
  }

  get user(): UserFromGetMe {
    if (!this.known) throw new Error('Telegram has not answered yet who the bot is.');
    return this.known;
  }
}
