// Definitions of metrics in four languages, a chunk each, loaded when the first is read.
import { useEffect, useState } from 'preact/hooks'
import { type Language, useAllWords } from './index'

export interface Definition {
  words: string
  numerator?: string
  denominator?: string
}
type Definitions = Record<string, Definition>

const LOADERS: Record<Language, () => Promise<{ default: Definitions }>> = {
  en: () => import('./definitions/en.json'),
  es: () => import('./definitions/es.json'),
  ru: () => import('./definitions/ru.json'),
  pl: () => import('./definitions/pl.json'),
}

export function useDefinition(id: string): Definition | undefined {
  const { language } = useAllWords()
  const [all, setAll] = useState<Definitions>({})
  useEffect(() => {
    let gone = false
    void LOADERS[language]().then((loaded) => {
      if (!gone) setAll(loaded.default)
    })
    return () => {
      gone = true
    }
  }, [language])
  return all[id]
}
