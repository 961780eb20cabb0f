import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { KEY_NAME, WEBHOOK_SECRET, WEBHOOK_SECRET_RULE } from '../domain/access/access-key.js';
import { parsePublicKey, PUBLIC_KEY_RULE } from '../domain/access/public-key.js';
import { ROLES } from '../domain/access/role.js';
import { parseTimestamp, TIMESTAMP_RULE } from '../presentation/http/validation/timestamps.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { StartupError } from '../shared/startup-error.js';
import type { AccessKeyCommands, CreateOptions, RotateOptions } from './access-key-commands.js';

const EXAMPLES = `
Examples:
  npm run --silent keys -- list
  npm run --silent keys -- create --name prometheus --role scraper
  npm run --silent keys -- create --name bot --role operator --can-impersonate
  npm run --silent keys -- create --name exporter --role reporter --public-key "$(cat exporter.pub)"
  npm run --silent keys -- rotate 3 --expires 2027-01-01
  npm run --silent keys -- webhook-secret 3 < secret.txt

The service may be running meanwhile. The secret of a new key is written to standard output, once; all else to standard
error.`;

/** Adds the commands for access keys. @param run runs one of them as a process. */
export function addKeysCommand(
  program: Command,
  run: (command: (context: ProcessContext) => Promise<void>) => Promise<void>,
): void {
  const keys = program
    .command('keys')
    .description('manage access keys')
    .addHelpText('after', EXAMPLES)
    .action(() => keys.outputHelp());
  const expires = new Option('--expires <date>', 'a date or a date-time such as 2027-01-01T10:00:00Z');
  expires.argParser(parseExpiry);
  const publicKey = new Option(
    '--public-key <key>',
    'an Ed25519 key that verifies signatures: base64 or PEM',
  );
  publicKey.argParser(readPublicKey);
  const runWith = (action: (commands: AccessKeyCommands) => Promise<void>) =>
    run(async (context) => (await import('./access-key-commands.js')).useAccessKeys(context, action));

  keys
    .command('list')
    .description('list all keys, without their secrets')
    .action(() => runWith((commands) => commands.list()));
  keys
    .command('create')
    .description('create a key and write its secret to standard output')
    .requiredOption('--name <name>', '1 to 64 of A-Z a-z 0-9 . _ -', parseName)
    .addOption(new Option('--role <role>').choices(ROLES).makeOptionMandatory())
    .option('--can-impersonate', 'the key may name the actor of each request, as a bot that speaks for many')
    .option('--signed-only', 'the key is accepted only with a signature')
    .addOption(publicKey)
    .addOption(expires)
    .action((options: CreateOptions) => runWith((commands) => commands.create(options)));
  keys
    .command('rotate')
    .description('create a second key with the same name and role')
    .argument('<id>', 'the id of the first key', parseId)
    .addOption(publicKey)
    .addOption(expires)
    .action((id: number, options: RotateOptions) => runWith((commands) => commands.rotate(id, options)));
  keys
    .command('webhook-secret')
    .description('set the secret with which senders sign, which is read from standard input')
    .argument('<id>', 'the id of the key', parseId)
    .option('--remove', 'remove it: senders need not sign any more')
    .action((id: number, { remove = false }: { readonly remove?: boolean }) =>
      runWith(async (commands) => {
        const secret = remove ? undefined : parseSecret(await text(process.stdin));
        await commands.setWebhookSecret(id, secret);
      }),
    );
  keys
    .command('revoke')
    .description('end a key for good; every process rejects it within 5 s')
    .argument('<id>', 'the id of the key', parseId)
    .action((id: number) => runWith((commands) => commands.revoke(id)));
}

function parseName(text: string): string {
  if (!KEY_NAME.test(text))
    throw new InvalidArgumentError(
      'It must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit.',
    );
  return text;
}

function parseId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be the id of a key, such as 3.');
  return Number(text);
}

function readPublicKey(text: string): Buffer {
  const key = parsePublicKey(text);
  if (!key) throw new InvalidArgumentError(`It ${PUBLIC_KEY_RULE}.`);
  return key;
}

/** @throws StartupError unless it is a valid secret. */
function parseSecret(input: string): string {
  const secret = input.trim();
  if (!WEBHOOK_SECRET.test(secret)) throw new StartupError(`The webhook secret ${WEBHOOK_SECRET_RULE}.`);
  return secret;
}

function parseExpiry(text: string): Date {
  const date = parseTimestamp(text);
  if (!date) throw new InvalidArgumentError(`It ${TIMESTAMP_RULE}.`);
  return date;
}
