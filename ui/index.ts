export { AnnouncementBar, AnnouncementDialog } from "./src/announcement.tsx";
export { Avatar } from "./src/avatar.tsx";
export { copyText } from "./src/clipboard.ts";
export { runCommand, useCommand } from "./src/command.ts";
export { Composer, type ComposerField } from "./src/composer.tsx";
export { ComposerBox } from "./src/composer-box.tsx";
export { ConnectionBar } from "./src/connection-bar.tsx";
export { refusalText, type Ui, useClient, useFormat, useMe, useUi, useWords } from "./src/context.tsx";
export { default as control } from "./src/control.module.css";
export { ConversationList, lineTitle } from "./src/conversation-list.tsx";
export { DeliveryMark } from "./src/delivery.tsx";
export { Confirm, Dialog } from "./src/dialog.tsx";
export { Empty } from "./src/empty.tsx";
export { FailedBar } from "./src/failed-bar.tsx";
export { ForwardDialog } from "./src/forward.tsx";
export { Icon } from "./src/icons.tsx";
export { fitKeyboard } from "./src/keyboard.ts";
export {
  type Language,
  languageNames,
  loadLanguage,
  localeOf,
  pickLocale,
  remember,
  remembered,
} from "./src/language.ts";
export { later, laterView, loadWaiting } from "./src/later.tsx";
export { Members } from "./src/members.tsx";
export { type MenuItem, openMenu } from "./src/menu.tsx";
export { AnyIcon } from "./src/more-icons.tsx";
export { speakNames, titleOf } from "./src/names.ts";
export { noticeText } from "./src/notice.ts";
export { useNow } from "./src/now.ts";
export { toSignal, useObservable } from "./src/observable.ts";
export { PeoplePicker, usePeople } from "./src/people.tsx";
export { PinBar, PinList } from "./src/pins.tsx";
export { Preferences } from "./src/preferences.tsx";
export { FrontRoot } from "./src/front-root.tsx";
export { UiRoot } from "./src/root.tsx";
export { lineOf, type Talk, textBody, useTalk } from "./src/talk.ts";
export { chooseTheme, startTheme, type Theme, theme, themes } from "./src/theme.ts";
export { Skeleton, Timeline } from "./src/timeline.tsx";
export { toast } from "./src/toast.tsx";
export { Typing } from "./src/typing.tsx";
export { type AccessWords, accessWords, loadAccessWords } from "./src/words/access/words.ts";
export { type AdminWords, adminWords, loadAdminWords } from "./src/words/admin/words.ts";
export { type DeskWords, deskWords, loadDeskWords } from "./src/words/desk/words.ts";
export { type FrontWords, frontWords } from "./src/words/front/words.ts";
export { type InspectorWords, inspectorWords } from "./src/words/inspector/words.ts";
export { loadWords, withParts } from "./src/words/part.ts";
export { type RightsWords, rightsWords } from "./src/words/rights/words.ts";
export { type Locale, locales, type Words } from "./src/words/words.ts";
