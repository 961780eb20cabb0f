import { getMetadataStorage, validateSync } from 'class-validator';
import type * as Api from '../../src/config/config.ts';
import type * as Kafka from '../../src/config/kafka-config.ts';
import type * as Process from '../../src/config/process-config.ts';
import type * as Bot from '../../src/chat/telegram/bot-config.ts';
import { docstringsOf } from './docstrings.ts';
import { code, table } from './markdown.ts';
import { built } from './project.ts';

type Class = new () => object;

/** The tables of the environment variables, one for each class of the configuration. */
export async function configurationTables(): Promise<Record<string, string>> {
  const { ProcessConfig } = await built<typeof Process>('config/process-config.js');
  const { KafkaConfig } = await built<typeof Kafka>('config/kafka-config.js');
  const { Config } = await built<typeof Api>('config/config.js');
  const { BotConfig } = await built<typeof Bot>('chat/telegram/bot-config.js');
  return {
    'configuration process': variablesTable(ProcessConfig, 'config/process-config'),
    'configuration kafka': variablesTable(KafkaConfig, 'config/kafka-config'),
    'configuration api': variablesTable(Config, 'config/config'),
    'configuration bot': variablesTable(BotConfig, 'chat/telegram/bot-config'),
  };
}

/** A row for each variable that the class itself declares: what it inherits stands in the table of its parent. */
function variablesTable(type: Class, file: string): string {
  const own = new type() as Record<string, string | number | undefined>;
  const inherited = new (
    Object.getPrototypeOf(type) === Function.prototype ? Object : Object.getPrototypeOf(type)
  )();
  const meanings = docstringsOf(`src/${file}.ts`, type.name);
  const names = Object.keys(own).filter((name) => !(name in (inherited as object)));
  const rows = names.map((name) => {
    const meaning = meanings.get(name);
    if (!meaning) throw new Error(`${name} has no docstring in src/${file}.ts`);
    return [code(name), meaning, valuesOf(type, name), defaultOf(own[name])];
  });
  return table(['variable', 'meaning', 'values', 'default'], rows);
}

/** What a variable may be, as its validators say. */
function valuesOf(type: Class, name: string): string {
  const storage = getMetadataStorage();
  const rules = storage
    .getTargetValidationMetadatas(type, '', false, false)
    .filter(({ propertyName }) => propertyName === name);
  const ruleOf = (kind: string) => rules.find((rule) => rule.name === kind);
  const boundOf = (kind: string) => Number(ruleOf(kind)?.constraints[0]).toLocaleString('en');
  if (ruleOf('isInt')) return `integer, ${boundOf('min')} to ${boundOf('max')}`;
  const choices = ruleOf('isIn')?.constraints[0] as readonly string[] | undefined;
  if (choices) return choices.map(code).join(', ');
  const lengths = (['minLength', 'maxLength'] as const)
    .filter(ruleOf)
    .map((kind) => `${kind === 'minLength' ? 'at least' : 'at most'} ${boundOf(kind)} characters`);
  const messages = rules.map(({ message }) => message).filter((message) => typeof message === 'string');
  const said = [...lengths, ...messages.toReversed()];
  return (said.length > 0 ? said : [messageOf(type, name)])
    .map((text) =>
      text
        .replace(/^(\$property|[A-Z\d_]+) must (be )?(set to |consist of )?/, '')
        .replace(/^not begin/, 'does not begin')
        .replace(/, and ".*/, ''),
    )
    .join('; ');
}

/** What a validator that words its own message says of a value that it does not accept. */
function messageOf(type: Class, name: string): string {
  const errors = validateSync(Object.assign(new type(), { [name]: '?' })).find(
    ({ property }) => property === name,
  );
  return Object.values(errors?.constraints ?? {})[0] ?? 'text';
}

function defaultOf(value: string | number | undefined): string {
  return value === undefined || value === '' ? '' : code(String(value));
}
