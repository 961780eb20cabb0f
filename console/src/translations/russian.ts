import type { Texts } from './english.js';

export const russian = {
  title: 'Инциденты',
  tabs: {
    untaken: 'Не взяты',
    mine: 'Мои',
    in_progress: 'В работе',
    resolved: 'Решены',
    closed: 'Закрыты',
    all: 'Все',
  },
  pages: {
    statistics: 'Статистика',
    quarantine: 'Карантин',
    policies: 'Политики',
    keys: 'Ключи доступа',
    consumers: 'Потребители',
    wall: 'Табло',
  },
  roles: {
    reader: 'читатель',
    reporter: 'отправитель',
    operator: 'оператор',
    scraper: 'сборщик метрик',
    admin: 'администратор',
  },
  loading: 'Загрузка…',
  signIn: {
    title: 'Вход',
    key: 'Ключ доступа',
    submit: 'Войти',
    ended: 'Сеанс завершён. Войдите снова: набранный текст сохранён.',
    wrongKey: 'Этот ключ доступа не действует.',
    wrongLink:
      'Эта ссылка для входа больше не действует. Попросите у администратора новую или войдите по ключу доступа.',
    mayNotRead: (role) => `У этого ключа роль «${role}»: он не может читать инциденты.`,
    failed: 'Сервис не отвечает. Попробуйте ещё раз.',
    developmentKey: 'Ключ для разработки',
  },
  signOut: 'Выйти',
  signedInAs: (name) => `Вы вошли как ${name}`,
  menu: 'Меню',
  language: 'Язык',
  theme: { title: 'Тема', system: 'Как в системе', light: 'Светлая', dark: 'Тёмная' },
  notFound: 'Здесь ничего нет.',
  toIncidents: 'К инцидентам',
  nothingHere: 'Такой страницы нет.',
} satisfies Texts;
