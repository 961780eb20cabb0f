import type { Translations } from './translations.js';

const status = { NEW: 'новый', IN_PROGRESS: 'в работе', RESOLVED: 'решён', CLOSED: 'закрыт' } as const;

/** The bot in Russian. */
export const ru: Translations = {
  status,
  button: { take: 'Взять', resolve: 'Решено', close: 'Закрыть', reopen: 'Вернуть в работу' },
  source: { operator: 'оператор', monitoring: 'мониторинг', partner: 'партнёр' },
  reportedBy: (source, at) => `Источник: ${source}, ${at}`,
  changedBy: (name) => `Изменил(а): ${name}`,
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
  forwardedFrom: (name) => `Переслано от ${name}:`,
  quarantined: 'Не в реестре: на этом сообщении он дал сбой. Оно сохранено в карантине для оператора.',
  accepted: 'Принято. Номер появится здесь.',
  number: 'Номер',
  noNumberYet: 'Номера пока нет.',
  numberOverdue:
    'Принято, но за шесть часов не попало в реестр: оно ещё в пути, или реестр отказал, и оно лежит в карантине.',
  appended: 'Добавлено к описанию.',
  editAppended: 'Сообщение изменено: новый текст добавлен к описанию.',
  replyTooEarly: 'Номера пока нет, поэтому ничего не сделано. Ответьте ещё раз, когда он появится.',
  editTooEarly:
    'Правка не добавлена: у сообщения ещё нет инцидента. Когда появится номер, ответьте тем, что нужно добавить; если сообщение не принято, отправьте его снова.',
  editIgnored: 'Правка ничего не меняет. Отправьте то, что нужно, новым сообщением.',
  list: (filter, shown, total) =>
    `Инциденты${filter ? ` (${status[filter]})` : ', которые не закрыты'}: ${shown} из ${total}, сначала новые.`,
  emptyList: 'Таких инцидентов нет.',
  rejected: {
    notFound: (id) => `Инцидента ${id} нет.`,
    illegalAction: (action, current) =>
      ({
        take: `Взять нельзя: инцидент ${status[current]}.`,
        resolve: `Решить нельзя: инцидент ${status[current]}.`,
        close: `Закрыть нельзя: инцидент ${status[current]}.`,
        reopen: `Вернуть в работу можно только решённый инцидент, а этот ${status[current]}.`,
      })[action],
    descriptionTooLong: 'Не добавлено: описание достигло предела.',
    other: (reason) => `Не принято: ${reason}`,
  },
  noteAppended: 'Текст добавлен к описанию.',
  help: `Каждое сообщение здесь становится инцидентом и получает номер.

[monitoring] Самокат #42 не отвечает
Касса 3 не печатает | source=partner
Источники: operator (если не указан), monitoring, partner.

Об инциденте с номером, ответом на сообщение бота или с #42 в начале:
взял, в работе · исправлено, готово, решено · закрыто · вернулось, снова
Слова после них и любой другой текст добавляются к описанию.

/list [статус] — что не закрыто, или инциденты в этом статусе
/show 42 — один инцидент
/update 42 RESOLVED — другой статус: IN_PROGRESS, RESOLVED, CLOSED
/help — эта справка`,
  usageError: {
    show: 'Нужен номер инцидента: /show 42',
    update: 'Нужны номер и статус: /update 42 RESOLVED. Статусы: IN_PROGRESS, RESOLVED, CLOSED.',
    list: 'Такого статуса нет. Есть NEW, IN_PROGRESS, RESOLVED, CLOSED: /list NEW',
  },
  unknownCommand: (command) =>
    `Команды /${command} нет, поэтому ничего не сделано. Чтобы сообщить об инциденте, начните не с косой черты. Все команды: /help`,
};
