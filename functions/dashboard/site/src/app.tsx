// The signed-in application: session, words and formats, then one page by its address. Each page is a chunk of its own.
import { QueryClientProvider } from '@tanstack/preact-query'
import { Component, type ComponentChildren, type ComponentType } from 'preact'
import { lazy, Suspense } from 'preact/compat'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Redirect, Route, Router, Switch, useLocation } from 'wouter-preact'
import { queries, useAnswer } from './ask'
import { Format, FormatContext, localeOf } from './kit/format'
import { Toasts } from './kit/overlay'
import { Answered, Empty, Skeleton } from './kit/states'
import {
  choseLanguage,
  keepLanguage,
  keptTheme,
  type Session,
  SessionContext,
  showTheme,
  type Theme,
} from './session'
import type { Tokens } from './session/tokens'
import { base } from './session/tokens'
import { Shell } from './shell'
import { type Language, loadWords, useWords, type Words, WordsContext } from './words'

const PAGES: Record<string, ComponentType> = {
  overview: lazy(() => import('./pages/overview')),
  team: lazy(() => import('./pages/team')),
  numbers: lazy(() => import('./pages/numbers')),
  live: lazy(() => import('./pages/live')),
  missed: lazy(() => import('./pages/missed')),
  contacts: lazy(() => import('./pages/contacts')),
  interactions: lazy(() => import('./pages/interactions')),
  customers: lazy(() => import('./pages/customers')),
  quotes: lazy(() => import('./pages/quotes')),
  spend: lazy(() => import('./pages/spend')),
  exports: lazy(() => import('./pages/exports')),
  settings: lazy(() => import('./pages/settings')),
}
// Whoever's phone rings is told on every page (features.md W8).
const Rings = lazy(() => import('./pages/live/rang'))

interface FenceProps {
  /** Another address starts anew. */
  at: string
  children: ComponentChildren
}

/** A page that breaks takes nothing else with it. */
class Fence extends Component<FenceProps, { broken: Error | null }> {
  override state: { broken: Error | null } = { broken: null }

  static override getDerivedStateFromError(broken: Error) {
    return { broken }
  }

  override componentDidUpdate(before: FenceProps) {
    if (before.at !== this.props.at && this.state.broken) this.setState({ broken: null })
  }

  override render() {
    const { broken } = this.state
    return broken ? (
      <Broken error={broken} again={() => this.setState({ broken: null })} />
    ) : (
      this.props.children
    )
  }
}

function Broken({ error, again }: { error: Error; again: () => void }) {
  const say = useWords('shell')
  const kit = useWords('kit')
  return (
    <div class="state" role="alert">
      <h1>{say('broken')}</h1>
      <p>{error.message}</p>
      <button type="button" class="primary" onClick={again}>
        {kit('again')}
      </button>
    </div>
  )
}

function Nowhere() {
  const say = useWords('shell')
  return <Empty title={say('nowhere')} />
}

function Pages() {
  const [path] = useLocation()
  return (
    <Fence at={path}>
      <Suspense fallback={<Skeleton lines={8} />}>
        <Switch>
          <Route path="/app/:page/*?">
            {({ page }) => {
              const Shown = PAGES[page]
              return Shown ? <Shown /> : <Nowhere />
            }}
          </Route>
          <Route path="/">
            <Redirect to="/app/overview" replace />
          </Route>
          <Route>
            <Nowhere />
          </Route>
        </Switch>
      </Suspense>
    </Fence>
  )
}

function SignedIn({
  tokens,
  words,
  showLanguage,
}: {
  tokens: Tokens
  words: Words
  showLanguage: (language: Language) => void
}) {
  const me = useAnswer('/v1/me', {}, { every: 5 * 60_000 })
  // Asked for beside it: without its unit a share would be shown as a count for a moment.
  const metrics = useAnswer('/v1/metrics', {}, { every: false })
  const [theme, setTheme] = useState<Theme>(keptTheme)
  useEffect(() => {
    showTheme(theme)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const follow = () => showTheme(theme)
    scheme.addEventListener('change', follow)
    return () => scheme.removeEventListener('change', follow)
  }, [theme])
  const own = me.data?.user.language
  useEffect(() => {
    // What an administrator set for a person counts until the person chooses here.
    if (own && own !== words.language && !choseLanguage()) showLanguage(own)
  }, [own, words.language, showLanguage])
  const session = useMemo<Session | null>(
    () =>
      me.data
        ? {
            me: me.data,
            may: (ability) => me.data.abilities.includes(ability),
            signOut: () => void tokens.signOut(),
            language: words.language,
            setLanguage: (language) => {
              keepLanguage(language)
              showLanguage(language)
            },
            theme,
            setTheme,
          }
        : null,
    [me.data, tokens, words.language, showLanguage, theme],
  )
  const zone = me.data?.workspace.zone ?? 'UTC'
  const currency = me.data?.workspace.currency ?? ''
  const format = useMemo(
    () => new Format(words.language, zone, currency, localeOf(words.language)),
    [words.language, zone, currency],
  )
  if (!session || metrics.isPending) {
    return (
      <main class="page">
        {session ? <Skeleton lines={8} /> : <Answered query={me}>{() => null}</Answered>}
      </main>
    )
  }
  return (
    <SessionContext.Provider value={session}>
      <FormatContext.Provider value={format}>
        <Toasts>
          <Shell>
            <Pages />
          </Shell>
          <Suspense fallback={null}>
            <Rings />
          </Suspense>
        </Toasts>
      </FormatContext.Provider>
    </SessionContext.Provider>
  )
}

export function App({ tokens, words: first }: { tokens: Tokens; words: Words }) {
  const [words, setWords] = useState(first)
  const showLanguage = useMemo(
    () => (language: Language) => {
      document.documentElement.lang = language
      void loadWords(language).then(setWords)
    },
    [],
  )
  return (
    <WordsContext.Provider value={words}>
      <QueryClientProvider client={queries}>
        <Router base={new URL(base()).pathname.replace(/\/$/, '')}>
          <SignedIn tokens={tokens} words={words} showLanguage={showLanguage} />
        </Router>
      </QueryClientProvider>
    </WordsContext.Provider>
  )
}
