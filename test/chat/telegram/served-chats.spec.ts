import { ServedChats } from '../../../src/chat/telegram/served-chats.js';
import type { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';

describe('the groups that become supergroups', () => {
  it('are each shown once, with the new id, whether it was known before or becomes known, until the bot is stopped', async () => {
    const stop = new AbortController();
    const chats = new ServedChats({ chats: [-1, -2, -3] } as unknown as BotConfig, new BotHealth());
    chats.migrate(-1, -100);
    const migrations = chats.migrations(stop.signal);
    expect((await migrations.next()).value).toEqual([-1, -100]);
    // While the one before is dealt with, and while nothing is.
    chats.migrate(-1, -100);
    chats.migrate(-2, -200);
    expect((await migrations.next()).value).toEqual([-2, -200]);
    const last = migrations.next();
    setImmediate(() => chats.migrate(-3, -300));
    expect((await last).value).toEqual([-3, -300]);
    const end = migrations.next();
    setImmediate(() => stop.abort());
    expect((await end).done).toBe(true);
  });
});
