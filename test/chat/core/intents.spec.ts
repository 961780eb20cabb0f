import type { IncidentActions } from '../../../src/chat/core/actions/incident-actions.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import { IntentReplies, needsApi, parseCommand } from '../../../src/chat/core/intents/intents.js';
import { incidentIdIn } from '../../../src/chat/core/messages/incident-text.js';
import { LANGUAGES, TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';

describe.each(LANGUAGES)('the help in %s', (language) => {
  const translations = TRANSLATIONS[language];
  // The help needs neither.
  const replies = new IntentReplies({} as IncidentsApi, {} as IncidentActions, translations);
  const help = async () => (await replies.replyTo({ kind: 'help' }, { key: 'a', actor: 'b' }, 'tg:1')).text;

  it('lists every command, and fits into a message', async () => {
    const text = await help();
    for (const name of Object.keys(translations.commands)) expect(text).toContain(`\n/${name}`);
    expect(text.length).toBeLessThan(4_096);
    expect(incidentIdIn(text)).toBeUndefined();
  });
});

describe('a command', () => {
  it.each(Object.keys(TRANSLATIONS.en.commands))('/%s of the help is known', (name) =>
    expect(parseCommand(name, '')).not.toMatchObject({ kind: 'unknown_command' }),
  );

  it.each(['toString', 'transition', '__proto__', ''])('is not parsed from /%s', (name) =>
    expect(parseCommand(name, '')).toEqual({ kind: 'unknown_command', command: name }),
  );

  it('needs the API only if its reply depends on incidents', () => {
    expect(['help', 'list', 'show', 'dance'].map((name) => needsApi(parseCommand(name, '')))).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});
