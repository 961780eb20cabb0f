import { type ParsedMessage, parseMessage } from '../../../src/chat/core/intents/message-parser.js';

const report = (description: string, source = 'operator') => ({
  kind: 'report',
  report: { description, source },
});
/** A text that begins with a number is a report where there is no such incident. */
const otherwise = (description: string) => ({ otherwise: { description, source: 'operator' } });
const transition = (id: number, action: string, note?: string, whole?: string) => ({
  kind: 'transition',
  id,
  action,
  note,
  ...(whole !== undefined && otherwise(whole)),
});
const append = (id: number, text: string, whole: string) => ({
  kind: 'append',
  id,
  text,
  ...otherwise(whole),
});

const parse = (text: string, repliedToId?: number, isVerbatim = false): ParsedMessage =>
  parseMessage({ content: { text, isVerbatim }, repliedToId }, 'IncidentsBot');

describe('a message', () => {
  it.each<[string, object]>([
    // Reports.
    ['Самокат #42 не отвечает', report('Самокат #42 не отвечает')],
    ['[monitoring] Самокат #42 не отвечает', report('Самокат #42 не отвечает', 'monitoring')],
    ['[MONITORING]Till 3', report('Till 3', 'monitoring')],
    ['  [ partner ]   Касса 3  ', report('Касса 3', 'partner')],
    ['[operator] x', report('x')],
    ['[monitoring]', report('', 'monitoring')],
    ['[monitoring] #42 fixed', report('#42 fixed', 'monitoring')],
    ['[foo] Самокат', report('[foo] Самокат')],
    ['Самокат [monitoring]', report('Самокат [monitoring]')],
    ['Самокат #42 оффлайн | source=partner', report('Самокат #42 оффлайн', 'partner')],
    ['Самокат|SOURCE = Partner  ', report('Самокат', 'partner')],
    ['#42 оффлайн | source=partner', report('#42 оффлайн', 'partner')],
    ['a | source=partner b | source=partner', report('a | source=partner b', 'partner')],
    ['Самокат | source=foo', report('Самокат | source=foo')],
    ['[partner] a | source=monitoring', report('a | source=monitoring', 'partner')],
    ['🛴🔥', report('🛴🔥')],
    ['fixed', report('fixed')],
    ['42 fixed', report('42 fixed')],
    ['#042 стоит', report('#042 стоит')],
    ['#42a стоит', report('#42a стоит')],
    ['#42-7 стоит', report('#42-7 стоит')],
    ['#0 стоит', report('#0 стоит')],
    ['# 42 fixed', report('# 42 fixed')],
    ['#9999999999999999 fixed', report('#9999999999999999 fixed')],
    ['строка\nдругая', report('строка\nдругая')],
    ['/dev/sda is full', report('/dev/sda is full')],
    ['/ нет', report('/ нет')],
    ['/var/log is full', report('/var/log is full')],
    ['/list, new', report('/list, new')],
    ['@anna /dev/sda is full', report('@anna /dev/sda is full')],
    ['@other_bot hello', report('@other_bot hello')],
    // Actions.
    ['#42 fixed', transition(42, 'resolve')],
    ['  #42   FIXED  ', transition(42, 'resolve')],
    ['#42 fixed ✅', transition(42, 'resolve')],
    ['#42: fixed!', transition(42, 'resolve')],
    ['#42, resolved.', transition(42, 'resolve')],
    ['#42 done', transition(42, 'resolve')],
    ['#42 #done', transition(42, 'resolve')],
    ['#42 исправлено', transition(42, 'resolve')],
    ['#42 Готово', transition(42, 'resolve')],
    ['#42 РЕШЕНО', transition(42, 'resolve')],
    [
      '#42 решено: сменили батарею',
      transition(42, 'resolve', 'сменили батарею', '#42 решено: сменили батарею'),
    ],
    ['#42 fixed\nnew battery', transition(42, 'resolve', 'new battery', '#42 fixed\nnew battery')],
    ['#42 taken', transition(42, 'take')],
    ['#42 взял', transition(42, 'take')],
    ['#42 Взяла, еду', transition(42, 'take', 'еду', '#42 Взяла, еду')],
    ['#42 в  работе', transition(42, 'take')],
    ['#42 in progress', transition(42, 'take')],
    ['#42 closed', transition(42, 'close')],
    ['#42 — закрыто', transition(42, 'close')],
    ['#42 reopened', transition(42, 'reopen')],
    ['#42 released', transition(42, 'release')],
    [
      '#42 отпустила, колесо не моё',
      transition(42, 'release', 'колесо не моё', '#42 отпустила, колесо не моё'),
    ],
    ['#42 вернулось', transition(42, 'reopen')],
    ['#42 снова стоит', transition(42, 'reopen', 'стоит', '#42 снова стоит')],
    // Additions.
    ['#42 колесо в сквере', append(42, 'колесо в сквере', '#42 колесо в сквере')],
    ['#42 взялась ржавчина', append(42, 'взялась ржавчина', '#42 взялась ржавчина')],
    ['#42 fixed-price offer', append(42, 'fixed-price offer', '#42 fixed-price offer')],
    ['#42 fixedly', append(42, 'fixedly', '#42 fixedly')],
    ['#42 [foo] bar', append(42, '[foo] bar', '#42 [foo] bar')],
    ['#42 🔥', append(42, '🔥', '#42 🔥')],
    ['#42', { kind: 'show', id: 42 }],
    ['#42.', { kind: 'show', id: 42 }],
    // Commands.
    ['/start', { kind: 'help' }],
    ['/help', { kind: 'help' }],
    ['/HELP@incidentsbot', { kind: 'help' }],
    ['/help@OtherBot', { kind: 'for_another_bot' }],
    ['@other_bot /list', { kind: 'for_another_bot' }],
    ['', { kind: 'help' }],
    ['/list', { kind: 'list' }],
    ['/list@IncidentsBot new', { kind: 'list', status: 'NEW' }],
    ['/list в работе', { kind: 'list', status: 'IN_PROGRESS' }],
    ['/list in-progress', { kind: 'list', status: 'IN_PROGRESS' }],
    ['/list новые', { kind: 'list', status: 'NEW' }],
    ['/list everything', { kind: 'usage_error', command: 'list' }],
    ['/show 42', { kind: 'show', id: 42 }],
    ['/show #42', { kind: 'show', id: 42 }],
    ['/show', { kind: 'usage_error', command: 'show' }],
    ['/show 4x', { kind: 'usage_error', command: 'show' }],
    ['/update 42 RESOLVED', transition(42, 'resolve')],
    ['/update #42 in_progress', transition(42, 'take')],
    ['/update 42 CLOSED done for today', transition(42, 'close', 'done for today')],
    ['/update@IncidentsBot 42 закрыто', transition(42, 'close')],
    ['/update 42 NEW', { kind: 'usage_error', command: 'update' }],
    ['/update 42', { kind: 'usage_error', command: 'update' }],
    ['/update', { kind: 'usage_error', command: 'update' }],
    ['/dance now', { kind: 'unknown_command', command: 'dance' }],
  ])('%j is parsed', (text, meaning) => expect(parse(text)).toEqual(meaning));

  it.each<[string, object]>([
    ['fixed', transition(7, 'resolve')],
    ['#done', transition(7, 'resolve')],
    ['#взяла', transition(7, 'take')],
    ['', { kind: 'show', id: 7 }],
    ['готово, спасибо', transition(7, 'resolve', 'спасибо')],
    ['колесо погнуто', { kind: 'append', id: 7, text: 'колесо погнуто' }],
    ['#42 fixed', transition(42, 'resolve')],
    ['[monitoring] Касса 3', report('Касса 3', 'monitoring')],
    ['/show 42', { kind: 'show', id: 42 }],
  ])('%j is parsed as a reply about incident 7', (text, meaning) => expect(parse(text, 7)).toEqual(meaning));

  it.each(['/list', '#42 fixed', '[monitoring] Till 3', 'fixed'])(
    '%j is only text if the message is verbatim',
    (text) => {
      expect(parse(text, undefined, true)).toEqual(report(text));
      expect(parse(text, 7, true)).toEqual({ kind: 'append', id: 7, text });
    },
  );
});
