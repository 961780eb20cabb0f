import type { UserFromGetMe } from 'grammy/types';

/** Who the bot is; known once Telegram has answered, before the first update. */
export class BotIdentity {
  private user: Pick<UserFromGetMe, 'id' | 'username'> | undefined;

  learn(user: Pick<UserFromGetMe, 'id' | 'username'>): void {
    this.user = user;
  }

  get id(): number {
    return this.known.id;
  }

  get username(): string {
    return this.known.username;
  }

  private get known() {
    if (!this.user) throw new Error('Telegram has not answered yet who the bot is.');
    return this.user;
  }
}
