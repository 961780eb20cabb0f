import { type Meaning, readMessage } from '../../../src/chat/core/parse/message-parser.js';

const report = (description: string, source = 'operator') => ({
  kind: 'report',
  report: { description, source },
});
/** A text that begins with a number is a report where there is no such incident. */
const otherwise = (description: string) => ({ otherwise: { description, source: 'operator' } });
const act = (id: number, action: string, note?: string, whole?: string) => ({
  kind: 'act',
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

const read = (text: string, repliedTo?: number, isVerbatim = false): Meaning =>
  readMessage({ content: { text, isVerbatim }, repliedTo }, 'IncidentsBot');

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
    ['#42 fixed', act(42, 'resolve')],
    ['  #42   FIXED  ', act(42, 'resolve')],
    ['#42 fixed ✅', act(42, 'resolve')],
    ['#42: fixed!', act(42, 'resolve')],
    ['#42, resolved.', act(42, 'resolve')],
    ['#42 done', act(42, 'resolve')],
    ['#42 #done', act(42, 'resolve')],
    ['#42 исправлено', act(42, 'resolve')],
    ['#42 Готово', act(42, 'resolve')],
    ['#42 РЕШЕНО', act(42, 'resolve')],
    ['#42 решено: сменили батарею', act(42, 'resolve', 'сменили батарею', '#42 решено: сменили батарею')],
    ['#42 fixed\nnew battery', act(42, 'resolve', 'new battery', '#42 fixed\nnew battery')],
    ['#42 taken', act(42, 'take')],
    ['#42 взял', act(42, 'take')],
    ['#42 Взяла, еду', act(42, 'take', 'еду', '#42 Взяла, еду')],
    ['#42 в  работе', act(42, 'take')],
    ['#42 in progress', act(42, 'take')],
    ['#42 closed', act(42, 'close')],
    ['#42 — закрыто', act(42, 'close')],
    ['#42 reopened', act(42, 'reopen')],
    ['#42 вернулось', act(42, 'reopen')],
    ['#42 снова стоит', act(42, 'reopen', 'стоит', '#42 снова стоит')],
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
    ['/help@OtherBot', { kind: 'for-another-bot' }],
    ['@other_bot /list', { kind: 'for-another-bot' }],
    ['', { kind: 'help' }],
    ['/list', { kind: 'list' }],
    ['/list@IncidentsBot new', { kind: 'list', status: 'NEW' }],
    ['/list в работе', { kind: 'list', status: 'IN_PROGRESS' }],
    ['/list in-progress', { kind: 'list', status: 'IN_PROGRESS' }],
    ['/list новые', { kind: 'list', status: 'NEW' }],
    ['/list everything', { kind: 'misused', command: 'list' }],
    ['/show 42', { kind: 'show', id: 42 }],
    ['/show #42', { kind: 'show', id: 42 }],
    ['/show', { kind: 'misused', command: 'show' }],
    ['/show 4x', { kind: 'misused', command: 'show' }],
    ['/update 42 RESOLVED', act(42, 'resolve')],
    ['/update #42 in_progress', act(42, 'take')],
    ['/update 42 CLOSED done for today', act(42, 'close', 'done for today')],
    ['/update@IncidentsBot 42 закрыто', act(42, 'close')],
    ['/update 42 NEW', { kind: 'misused', command: 'update' }],
    ['/update 42', { kind: 'misused', command: 'update' }],
    ['/update', { kind: 'misused', command: 'update' }],
    ['/dance now', { kind: 'unknown-command', command: 'dance' }],
  ])('%j is read', (text, meaning) => expect(read(text)).toEqual(meaning));

  it.each<[string, object]>([
    ['fixed', act(7, 'resolve')],
    ['#done', act(7, 'resolve')],
    ['#взяла', act(7, 'take')],
    ['', { kind: 'show', id: 7 }],
    ['готово, спасибо', act(7, 'resolve', 'спасибо')],
    ['колесо погнуто', { kind: 'append', id: 7, text: 'колесо погнуто' }],
    ['#42 fixed', act(42, 'resolve')],
    ['[monitoring] Касса 3', report('Касса 3', 'monitoring')],
    ['/show 42', { kind: 'show', id: 42 }],
  ])('%j is read as a reply about incident 7', (text, meaning) => expect(read(text, 7)).toEqual(meaning));

  it.each(['/list', '#42 fixed', '[monitoring] Till 3', 'fixed'])(
    '%j is no more than it says where it is quoted',
    (text) => {
      expect(read(text, undefined, true)).toEqual(report(text));
      expect(read(text, 7, true)).toEqual({ kind: 'append', id: 7, text });
    },
  );
});
