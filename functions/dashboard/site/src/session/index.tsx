// Who is here: the signed-in person, what they may do, and how they want to see the dashboard.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Schemas } from '../ask'
import { LANGUAGES, type Language } from '../words'

export type Ability = Schemas['Ability']
export type Theme = 'system' | 'light' | 'dark'

export interface Session {
  me: Schemas['Me']
  may: (ability: Ability) => boolean
  signOut: () => void
  language: Language
  setLanguage: (language: Language) => void
  theme: Theme
  setTheme: (theme: Theme) => void
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('no session: useSession outside of the application')
  return session
}

export const useMay = (ability: Ability): boolean => useSession().may(ability)

const THEME = 'ringlake.theme'
const LANGUAGE = 'ringlake.language'

export function keptTheme(): Theme {
  const kept = localStorage.getItem(THEME)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function showTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(THEME)
  else localStorage.setItem(THEME, theme)
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  window.dispatchEvent(new Event('ringlake:theme'))
}

/** The language chosen here, else the browser's, else English. */
export function keptLanguage(): Language {
  const wanted = [localStorage.getItem(LANGUAGE), ...navigator.languages.map((one) => one.slice(0, 2))]
  return (
    LANGUAGES.find(
      (language) => language === wanted.find((one) => LANGUAGES.some((known) => known === one)),
    ) ?? 'en'
  )
}

/** Whether somebody chose a language in this browser. */
export const choseLanguage = (): boolean => localStorage.getItem(LANGUAGE) !== null

export function keepLanguage(language: Language): void {
  localStorage.setItem(LANGUAGE, language)
}
