// The board of a television: read-only, by the token in the address's fragment, which no server sees (demands.md D66).
import { MonitorOff } from 'lucide-preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Format, FormatContext } from '../../kit/format'
import { loadWords, useWords, type Words, WordsContext } from '../../words'
import type { LiveFilter } from './filter'
import { type Lined, useLine, type WallTold, wallTicket } from './line'
import { WallBoard } from './wallboard'
import './live.css'

// What a wall shows its owner has chosen.
const NO_FILTER: LiveFilter = {}

const tokenHere = (): string => decodeURIComponent(location.hash.slice(1))

function useTheme(theme: WallTold['theme'] | undefined): void {
  useEffect(() => {
    if (!theme) return
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const show = () => {
      document.documentElement.dataset.theme =
        theme === 'dark' || (theme === 'auto' && scheme.matches) ? 'dark' : 'light'
    }
    show()
    scheme.addEventListener('change', show)
    return () => scheme.removeEventListener('change', show)
  }, [theme])
}

function Refused({ line }: { line: Lined }) {
  const say = useWords('live')
  return (
    <main class="wall-refused">
      <div class="state" role="alert">
        <MonitorOff size={40} aria-hidden="true" />
        <h1>{say(line.status === 402 ? 'wall.plan' : 'wall.gone')}</h1>
        <p>{say(line.status === 402 ? 'wall.plan_text' : 'wall.gone_text')}</p>
        <button type="button" onClick={line.again}>
          {say('again')}
        </button>
      </div>
    </main>
  )
}

function Shown({
  token,
  told,
  onTold,
}: {
  token: string
  told: WallTold | null
  onTold: (told: WallTold) => void
}) {
  const say = useWords('live')
  const ticket = useMemo(
    () => async () => {
      const answer = await wallTicket(token)
      onTold(answer)
      return answer.url
    },
    [token, onTold],
  )
  const line = useLine(ticket, NO_FILTER)
  useTheme(told?.theme)
  useEffect(() => {
    document.title = told ? `${told.name} · Ringlake` : say('wall.title')
  }, [told, say])
  if (line.phase === 'refused') return <Refused line={line} />
  return (
    <main>
      <WallBoard
        line={line}
        title={told?.name ?? say('wall.title')}
        about={told?.company}
        thresholds={told?.thresholds}
      />
    </main>
  )
}

export function Wall({ words: first }: { words: Words }) {
  const [words, setWords] = useState(first)
  const [told, setTold] = useState<WallTold | null>(null)
  const [token, setToken] = useState(tokenHere)
  useEffect(() => {
    const follow = () => setToken(tokenHere())
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  const language = told?.language
  useEffect(() => {
    if (!language) return
    document.documentElement.lang = language
    let gone = false
    void loadWords(language).then((loaded) => {
      if (!gone) setWords(loaded)
    })
    return () => {
      gone = true
    }
  }, [language])
  const zone = told?.zone ?? 'UTC'
  const format = useMemo(() => new Format(words.language, zone, ''), [words, zone])
  return (
    <WordsContext.Provider value={words}>
      <FormatContext.Provider value={format}>
        <Shown key={token} token={token} told={told} onTold={setTold} />
      </FormatContext.Provider>
    </WordsContext.Provider>
  )
}
