import { copyFileSync, writeFileSync } from 'node:fs';
import { getMetadataStorage } from 'class-validator';
import { format, resolveConfig } from 'prettier';
import type * as Api from '../../src/config/config.ts';
import type * as Bot from '../../src/chat/telegram/bot-config.ts';
import { docstringsOf } from './docstrings.ts';
import { code, table } from './markdown.ts';
import { built, pathTo, read } from './project.ts';

const SCHEMA = 'deploy/helm/incidents/values.schema.json';

/** What the chart packages of other folders: a chart cannot read files outside its own. */
const COPIES = {
  'monitoring/alerts.yml': 'deploy/helm/incidents/files/alerts.yml',
  'monitoring/grafana/dashboards/incidents.json': 'deploy/helm/incidents/files/dashboard.json',
};

/** The chart itself sets these, or they mean nothing in a container. */
const SET_BY_CHART = new Set(
  (
    'NODE_ENV HOST PORT WORKER_HOST WORKER_PORT BOT_HOST BOT_PORT API_URL DATABASE_URL MIGRATION_DATABASE_URL ' +
    'UPLOAD_DIR DATA_DIR PG_BIN'
  ).split(' '),
);

const SECRET = new Set(
  (
    'X_ACCESS_KEY SCRAPER_KEY SIGNING_SECRET REDIS_URL S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY KAFKA_PASSWORD API_KEY ' +
    'TELEGRAM_BOT_TOKEN'
  ).split(' '),
);

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  properties?: Record<string, Schema>;
}

/** Writes the parts of the chart that follow from other files: the variables in the schema of its values, and the copies. */
export async function writeChart(): Promise<void> {
  for (const [from, to] of Object.entries(COPIES)) copyFileSync(pathTo(from), pathTo(to));
  const schema = JSON.parse(read(SCHEMA)) as Schema;
  const { config, secrets } = schema.properties!;
  const variables = await variablesOfAllProcesses();
  config!.properties = Object.fromEntries([...variables].filter(([name]) => !SECRET.has(name)));
  const secret = [...variables].filter(([name]) => SECRET.has(name));
  secrets!.properties!['values']!.properties = Object.fromEntries(secret);
  secrets!.properties!['refs']!.properties = Object.fromEntries(
    secret.map(([name, { description }]) => [name, { description, ...REFERENCE }]),
  );
  const options = { ...(await resolveConfig(pathTo(SCHEMA))), parser: 'json' };
  writeFileSync(pathTo(SCHEMA), await format(JSON.stringify(schema), options));
}

const REFERENCE = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'key'],
  properties: { name: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } },
};

async function variablesOfAllProcesses(): Promise<Map<string, Schema>> {
  const { Config } = await built<typeof Api>('config/config.js');
  const { BotConfig } = await built<typeof Bot>('chat/telegram/bot-config.js');
  const meanings = [
    docstringsOf('src/config/process-config.ts', 'ProcessConfig'),
    docstringsOf('src/config/kafka-config.ts', 'KafkaConfig'),
    docstringsOf('src/config/config.ts', 'Config'),
    docstringsOf('src/chat/telegram/bot-config.ts', 'BotConfig'),
  ];
  const meaningOf = (name: string) => meanings.find((each) => each.has(name))!.get(name)!;
  const variables = [Config, BotConfig].flatMap((type) =>
    Object.entries(new type())
      .filter(([name]) => !SET_BY_CHART.has(name))
      .map(([name, value]) => [name, variableSchema(type, name, meaningOf(name), value)] as const),
  );
  return new Map(variables);
}

/** What validators of a variable say as a schema. Numbers and truth values need no quotes in values, and may have them. */
function variableSchema(type: new () => object, name: string, description: string, value: unknown): Schema {
  const rules = getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .filter(({ propertyName }) => propertyName === name);
  const constraintOf = (kind: string): unknown =>
    rules.find((rule) => rule.name === kind)?.constraints[0] as unknown;
  const common = { description, ...(!SECRET.has(name) && value !== undefined && { default: value }) };
  if (rules.some((rule) => rule.name === 'isInt')) {
    return {
      ...common,
      type: 'integer',
      minimum: constraintOf('min'),
      maximum: constraintOf('max'),
    } as Schema;
  }
  const choices = constraintOf('isIn') as readonly string[] | undefined;
  if (choices?.includes('true')) return { ...common, enum: [true, false, ...choices] } as Schema;
  if (choices) return { ...common, enum: choices } as Schema;
  // The id of a single chat looks like a number.
  return { ...common, type: name === 'TELEGRAM_CHAT_ID' ? ['string', 'integer'] : 'string' };
}

/** The table of all values: those of objects by their paths. Variables have tables of their own in the documents. */
export function valuesTable(): string {
  const rowsOf = (schema: Schema, path: string): string[][] => {
    const isVariables = ['config', 'secrets.refs', 'secrets.values'].includes(path);
    if (schema.properties && schema.default === undefined && !isVariables) {
      return Object.entries(schema.properties).flatMap(([name, property]) =>
        rowsOf(property, path === '' ? name : `${path}.${name}`),
      );
    }
    const value = isVariables ? {} : schema.default;
    return [[code(path), schema.description!, value === '' ? '' : code(JSON.stringify(value))]];
  };
  return table(['value', 'meaning', 'default'], rowsOf(JSON.parse(read(SCHEMA)) as Schema, ''));
}
