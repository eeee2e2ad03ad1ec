// Messages in four languages, ICU MessageFormat, one file per area and language. A language is one chunk,
// loaded when it is chosen; English has every message and is what the types are made of.
import { IntlMessageFormat } from 'intl-messageformat'
import { createContext } from 'preact'
import { useCallback, useContext } from 'preact/hooks'
import type English from './en'

export const LANGUAGES = ['en', 'es', 'ru', 'pl'] as const
export type Language = (typeof LANGUAGES)[number]
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  es: 'Español',
  ru: 'Русский',
  pl: 'Polski',
}

type Messages = typeof English
export type Area = keyof Messages
export type MessageId<A extends Area> = keyof Messages[A] & string
export type Values = Record<string, string | number | Date | null | undefined>
/** Says one message of an area in the reader's language. */
export type Say<A extends Area> = (id: MessageId<A>, values?: Values) => string

const LOADERS: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import('./en'),
  es: () => import('./es'),
  ru: () => import('./ru'),
  pl: () => import('./pl'),
}

export class Words {
  private readonly made = new Map<string, IntlMessageFormat>()

  constructor(
    readonly language: Language,
    private readonly messages: Messages,
  ) {}

  say<A extends Area>(area: A, id: MessageId<A>, values?: Values): string {
    const text = (this.messages[area] as Record<string, string>)[id]
    if (text === undefined) return id
    if (!text.includes('{') && !text.includes("'")) return text
    const key = `${area}.${id}`
    const made =
      this.made.get(key) ?? new IntlMessageFormat(text, this.language, undefined, { ignoreTag: true })
    this.made.set(key, made)
    return String(made.format(values))
  }

  /** The message of a code that an answer holds (an outcome, a state); the code itself where there is none. */
  term(area: Area, code: string): string {
    return (this.messages[area] as Record<string, string>)[code] ?? code
  }
}

export async function loadWords(language: Language): Promise<Words> {
  return new Words(language, (await LOADERS[language]()).default)
}

export const WordsContext = createContext<Words | null>(null)

export function useAllWords(): Words {
  const words = useContext(WordsContext)
  if (!words) throw new Error('no words: useWords outside of the application')
  return words
}

/** `const say = useWords('overview'); say('title')`. */
export function useWords<A extends Area>(area: A): Say<A> {
  const words = useAllWords()
  return useCallback((id, values) => words.say(area, id, values), [words, area])
}

/** Words of codes: `const term = useTerms(); term('outcome.answered')`. */
export function useTerms(): (code: string) => string {
  const words = useAllWords()
  return useCallback((code) => words.term('terms', code), [words])
}

/** Names of metrics and columns, as in the files that are exported. */
export function useFieldNames(): (code: string) => string {
  const words = useAllWords()
  return useCallback((code) => words.term('fields', code), [words])
}
