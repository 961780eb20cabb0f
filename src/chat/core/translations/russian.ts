import type { Action } from '../actions/actions.js';
import type { Status } from '../api/incident.js';

const status: Record<Status, string> = {
  NEW: 'новый',
  IN_PROGRESS: 'в работе',
  RESOLVED: 'решён',
  CLOSED: 'закрыт',
};
const infinitive = { take: 'Взять', resolve: 'Решить', close: 'Закрыть', reopen: 'Вернуть в работу' };

/** The texts of the bot in Russian. They declare which texts there are: a language that lacks one does not compile. */
export const ru = {
  status,
  button: { take: 'Взять', resolve: 'Решено', close: 'Закрыть', reopen: 'Вернуть в работу' },
  source: { operator: 'оператор', monitoring: 'мониторинг', partner: 'партнёр' },
  reportedBy: (source: string, at: string) => `Источник: ${source}, ${at}`,
  changedBy: (name: string) => `Изменил(а): ${name}`,
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
  /** The same, combined with others. */
  acceptedLine: (description: string) => `Принято: ${description}`,
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
  rejected: {
    notFound: (id: number) => `Инцидента ${id} нет.`,
    illegalAction: (action: Action, current: Status) =>
      `${infinitive[action]} нельзя: инцидент ${status[current]}.`,
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
взял, в работе · исправлено, готово, решено · закрыто · вернулось, снова
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
    help: { help: '/help — эта справка', usage: '/help' },
  },
  unknownCommand: (command: string) =>
    `Команды /${command} нет. Сообщение об инциденте не начинается с косой черты. Все команды: /help`,
};
