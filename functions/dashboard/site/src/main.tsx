// The start: who is here decides what is shown. The wall board needs no sign-in, everything else does.
import { render } from 'preact'
import { App } from './app'
import { speakAs } from './ask'
import { keptLanguage, keptTheme, showTheme } from './session'
import { base, type Config, Tokens } from './session/tokens'
import { loadWords } from './words'
import './styles/tokens.css'
import './styles/base.css'
import './kit/kit.css'

const RELOADED = 'ringlake.reloaded'

async function start(root: HTMLElement): Promise<void> {
  showTheme(keptTheme())
  const language = keptLanguage()
  document.documentElement.lang = language
  const here = location.href.slice(base().length - 1)
  if (here.startsWith('/app/wall')) {
    const [words, { Wall }] = await Promise.all([loadWords(language), import('./pages/live/wall')])
    render(<Wall words={words} />, root)
    return
  }
  const asked = fetch(`${base()}config.json`, { cache: 'no-store' })
  const words = await loadWords(language)
  const config = (await (await asked).json()) as Config
  const tokens = new Tokens(config)
  speakAs(tokens, () => {
    // Who was let in a moment ago and is refused all the same is unknown here or suspended: that is said, not repeated.
    if (!tokens.fresh) void tokens.signIn(location.href.slice(base().length - 1))
  })
  if (here.startsWith('/signed-in')) {
    const back = await tokens.signedIn(new URL(location.href))
    history.replaceState(null, '', base() + back.replace(/^\//, ''))
  } else if (!tokens.known) {
    await tokens.signIn(here)
  }
  render(<App tokens={tokens} words={words} />, root)
}

async function failed(root: HTMLElement, error: unknown): Promise<void> {
  const words = await loadWords(keptLanguage())
  render(
    <main class="page">
      <div class="state" role="alert">
        <h1>{words.say('shell', 'failed')}</h1>
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <a class="button primary" href={base()}>
          {words.say('shell', 'start_again')}
        </a>
      </div>
    </main>,
    root,
  )
}

// After a deployment the chunks of an open page are gone: the page is loaded again, once.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0)
  if (Date.now() - last < 60_000) return
  event.preventDefault()
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.reload()
})

const root = document.getElementById('ringlake')
if (root) start(root).catch((error) => failed(root, error))
