// What the API says of providers is English; here are its sentences in the other languages, by the sentence.
import { useEffect, useState } from 'preact/hooks'
import { useSession } from '../../session'
import type { Language } from '../../words'

type Sentences = Record<string, string>

const LOADERS: Partial<Record<Language, () => Promise<{ default: Sentences }>>> = {
  es: () => import('./providers.es.json'),
  ru: () => import('./providers.ru.json'),
  pl: () => import('./providers.pl.json'),
}

/** Translates what providers need; a sentence that nobody translated stays as the API says it. */
export function useProviderWords() {
  const { language } = useSession()
  const [sentences, setSentences] = useState<Sentences>({})
  useEffect(() => {
    let left = false
    const load = LOADERS[language]
    if (!load) {
      setSentences({})
      return
    }
    void load().then((loaded) => {
      if (!left) setSentences(loaded.default)
    })
    return () => {
      left = true
    }
  }, [language])
  return (text: string): string => sentences[text] ?? text
}
