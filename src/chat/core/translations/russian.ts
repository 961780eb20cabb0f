import type { Action } from '../actions/actions.js';
import type { Status } from '../api/incident.js';

const status: Record<Status, string> = {
  NEW: 'новый',
  IN_PROGRESS: 'в работе',
  RESOLVED: 'решён',
  CLOSED: 'закрыт',
};
const infinitive = {
  take: 'Взять',
  resolve: 'Решить',
  close: 'Закрыть',
  reopen: 'Вернуть в работу',
  release: 'Отпустить',
};

/** Within which times half of the incidents, and 90 % of them, were dealt with; undefined where they were not yet. */
const within = (half: string | undefined, most: string | undefined) =>
  [
    half === undefined ? 'половина — ещё нет' : `половина за ${half}`,
    most === undefined ? '90 % — ещё нет' : `90 % за ${most}`,
  ].join(', ');

/** The texts of the bot in Russian. They declare which texts there are: a language that lacks one does not compile. */
export const ru = {
  status,
  button: {
    take: 'Взять',
    resolve: 'Решено',
    close: 'Закрыть',
    reopen: 'Вернуть в работу',
    release: 'Отпустить',
  },
  units: { day: 'д', hour: 'ч', minute: 'мин', second: 'с' },
  source: { operator: 'оператор', monitoring: 'мониторинг', partner: 'партнёр' },
  reportedBy: (source: string, at: string) => `Источник: ${source}, ${at}`,
  changedBy: (name: string) => `Изменил(а): ${name}`,
  urgent: 'срочный',
  noLongerUrgent: 'Больше не срочный.',
  assignedTo: (name: string, takenAt: string | undefined) =>
    takenAt === undefined ? `Исполнитель: ${name}` : `Исполнитель: ${name}, взят ${takenAt}`,
  duplicateOf: (original: number) => `Дубликат инцидента #${original}`,
  /** An incident that may have the same cause, as a line of a list. */
  similar: (line: string) => `Похожий: ${line}`,
  sameAs: (original: number) => `То же, что #${original}?`,
  /** The description of a message without a text. */
  content: {
    venue: 'Место',
    location: 'Координаты',
    contact: 'Контакт',
    poll: 'Опрос',
    checklist: 'Список',
    dice: 'Кубик',
    sticker: 'Стикер',
    voice: 'Голосовое сообщение',
    video_note: 'Видеосообщение',
    audio: 'Аудио без подписи',
    animation: 'GIF без подписи',
    document: 'Файл без подписи',
    video: 'Видео без подписи',
    live_photo: 'Живое фото без подписи',
    paid_media: 'Платные медиа без подписи',
    photo: 'Фото без подписи',
    story: 'История',
    game: 'Игра',
    invoice: 'Счёт',
    rich_message: 'Сообщение с форматированием',
  },
  forwardedFrom: (name: string) => `Переслано от ${name}:`,
  /** The API failed on an update, which is quarantined. */
  quarantined:
    'По этому сообщению инцидента нет: у нас произошёл сбой. Сообщение в карантине, администратор сможет его повторить.',
  /** A report is published to Kafka, and has no number yet. */
  accepted: 'Принято. Номер появится здесь.',
  /** The button that asks for its number. */
  number: 'Номер',
  noNumberYet: 'Номера пока нет.',
  numberOverdue:
    'Принято шесть часов назад, но номера всё ещё нет. Сообщение задержалось или попало в карантин: спросите администратора.',
  appended: 'Добавлено к описанию.',
  editAppended: 'Сообщение изменено: новый текст добавлен к описанию.',
  /** A reply to a report that has no number yet. */
  replyTooEarly: 'Номера пока нет, поэтому ничего не изменилось. Ответьте ещё раз, когда он появится.',
  /** An edit of a message that may be a report without a number. */
  editTooEarly:
    'Правка не добавлена: у сообщения ещё нет номера. Когда он появится, ответьте тем, что нужно добавить; если сообщение не принято, отправьте его снова.',
  /** An edit of a message that was no report, into a text that is none. */
  editIgnored: 'Правка ничего не меняет. Отправьте то, что нужно, новым сообщением.',
  list: (filter: Status | undefined, shown: number, total: string) =>
    `Инциденты${filter ? ` (${status[filter]})` : ', которые не закрыты'}: ${shown} из ${total}, сначала новые.`,
  emptyList: 'Таких инцидентов нет.',
  untaken: (shown: number, total: string) =>
    `Никто не взял: ${shown} из ${total}, сначала срочные, затем старые. В конце строки — сколько ждёт.`,
  noneUntaken: 'Все инциденты взяты.',
  mine: (shown: number, total: string) => `В работе у вас: ${shown} из ${total}, сначала срочные.`,
  noneMine: 'У вас нет инцидентов в работе.',
  statistics: {
    thisWeek: (monday: string) => `Эта неделя, с ${monday} (UTC)`,
    lastWeek: (monday: string) => `Прошлая неделя, с ${monday}`,
    nothing: 'Новых инцидентов не было.',
    counts: (reported: number, taken: number, resolved: number, open: number) =>
      `Новых: ${reported}, взято: ${taken}, решено: ${resolved}, открыто: ${open}`,
    timeToTake: (half: string | undefined, most: string | undefined) => `Взяты: ${within(half, most)}`,
    timeToResolve: (half: string | undefined, most: string | undefined) => `Решены: ${within(half, most)}`,
    reopened: (count: number, percent: number) => `Возвращены в работу: ${count} (${percent} %)`,
  },
  rejected: {
    notFound: (id: number) => `Инцидента ${id} нет.`,
    illegalAction: (action: Action, current: Status) =>
      `${infinitive[action]} нельзя: инцидент ${status[current]}.`,
    takenBy: (name: string) => `Взять нельзя: в работе у ${name}.`,
    closed: (id: number) => `Инцидент ${id} закрыт: это уже не меняется.`,
    alreadyDuplicate: (id: number, original: number) =>
      `Инцидент ${id} — уже дубликат инцидента ${original}.`,
    descriptionTooLong: 'Не добавлено: описание достигло предела.',
    /** Any other rejection, with the API's reason. */
    other: (reason: string) => `Не принято: ${reason}`,
  },
  noteAppended: 'Текст добавлен к описанию.',
  help: `Каждое сообщение здесь становится инцидентом и получает номер.

[monitoring] Самокат #42 не отвечает
Касса 3 не печатает | source=partner
Источники: operator (если не указан), monitoring, partner.

Об инциденте с номером, ответом на сообщение бота или с #42 в начале:
взял, в работе · отпустил · исправлено, готово, решено · закрыто · вернулось, снова
Слова после них и любой другой текст добавляются к описанию.
`,
  /** A line of the help for each command, and what the bot replies to wrong arguments. */
  commands: {
    list: {
      help: '/list [статус] — что не закрыто, или инциденты в этом статусе',
      usage: 'Такого статуса нет. Есть NEW, IN_PROGRESS, RESOLVED, CLOSED: /list NEW',
    },
    show: { help: '/show 42 — один инцидент', usage: 'Нужен номер инцидента: /show 42' },
    update: {
      help: '/update 42 RESOLVED — другой статус: IN_PROGRESS, RESOLVED, CLOSED',
      usage: 'Нужны номер и статус: /update 42 RESOLVED. Статусы: IN_PROGRESS, RESOLVED, CLOSED.',
    },
    untaken: { help: '/untaken — что никто не взял, и сколько оно ждёт', usage: '/untaken' },
    mine: { help: '/mine — что в работе у вас', usage: '/mine' },
    urgent: {
      help: '/urgent 42 — срочный инцидент; /urgent 42 off — больше не срочный',
      usage: 'Нужен номер инцидента: /urgent 42 или /urgent 42 off',
    },
    duplicate: {
      help: '/duplicate 42 17 — инцидент 42 повторяет 17: он закрывается и учитывается там',
      usage: 'Нужны номера двух разных инцидентов: /duplicate 42 17. Закрывается первый.',
    },
    stats: { help: '/stats — эта неделя и прошлая в цифрах', usage: '/stats' },
    help: { help: '/help — эта справка', usage: '/help' },
  },
  unknownCommand: (command: string) =>
    `Команды /${command} нет. Сообщение об инциденте не начинается с косой черты. Все команды: /help`,
};
