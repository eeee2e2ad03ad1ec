// What is around every page: navigation, who is here, language, theme.
import {
  ChartColumn,
  CircleUserRound,
  Coins,
  FileDown,
  Headset,
  LayoutDashboard,
  ListTree,
  LogOut,
  Menu as MenuIcon,
  MessagesSquare,
  PhoneMissed,
  Radio,
  Settings,
  ShoppingCart,
  Users,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Menu } from './kit/overlay'
import { type Ability, type Theme, useSession } from './session'
import { LANGUAGE_NAMES, LANGUAGES, useWords } from './words'
import './shell.css'

interface Entry {
  page:
    | 'overview'
    | 'team'
    | 'numbers'
    | 'live'
    | 'missed'
    | 'interactions'
    | 'contacts'
    | 'customers'
    | 'quotes'
    | 'spend'
    | 'exports'
    | 'settings'
  icon: typeof LayoutDashboard
  /** Any of these opens the page. */
  needs?: Ability[]
}

const PAGES: Entry[] = [
  { page: 'overview', icon: LayoutDashboard },
  { page: 'live', icon: Radio },
  { page: 'missed', icon: PhoneMissed },
  { page: 'interactions', icon: MessagesSquare },
  { page: 'contacts', icon: ListTree },
  { page: 'team', icon: Users },
  { page: 'numbers', icon: ChartColumn },
  { page: 'customers', icon: Headset },
  { page: 'quotes', icon: ShoppingCart },
  { page: 'spend', icon: Coins, needs: ['see_costs'] },
  { page: 'exports', icon: FileDown, needs: ['export'] },
  { page: 'settings', icon: Settings, needs: ['manage_directory', 'view_all_calls'] },
]

export function Shell({ children }: { children: ComponentChildren }) {
  const say = useWords('shell')
  const session = useSession()
  const [path] = useLocation()
  const [open, setOpen] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu
  useEffect(() => setOpen(false), [path])
  const main = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    // Who reads by ear or keyboard begins with the new page.
    main.current?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [path])
  const { me } = session
  return (
    <div class="shell">
      {/* A button: a fragment is resolved against <base>, so a link to it would leave the page. */}
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {say('skip')}
      </button>
      <header class="top no-print">
        <button
          type="button"
          class="quiet burger"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          <MenuIcon size={20} aria-hidden="true" />
          <span class="unseen">{say('menu')}</span>
        </button>
        <Link href="/app/overview" class="brand">
          <span class="mark" aria-hidden="true" />
          Ringlake
        </Link>
        <span class="workspace">{me.workspace.name}</span>
        <Menu
          className="quiet"
          toStart
          name={say('account', { name: me.user.name })}
          button={
            <>
              <CircleUserRound size={20} aria-hidden="true" />
              <span class="who">{me.user.name}</span>
            </>
          }
        >
          {() => (
            <div class="stack account">
              <div>
                <b>{me.user.name}</b>
                <div class="faint small-text">{me.user.email}</div>
                <div class="faint small-text">{say(`role.${me.user.role}`)}</div>
              </div>
              <label class="tight">
                <span class="faint small-text">{say('language')}</span>
                <select
                  value={session.language}
                  onChange={(event) =>
                    session.setLanguage(event.currentTarget.value as (typeof LANGUAGES)[number])
                  }
                >
                  {LANGUAGES.map((language) => (
                    <option key={language} value={language} lang={language}>
                      {LANGUAGE_NAMES[language]}
                    </option>
                  ))}
                </select>
              </label>
              <label class="tight">
                <span class="faint small-text">{say('theme')}</span>
                <select
                  value={session.theme}
                  onChange={(event) => session.setTheme(event.currentTarget.value as Theme)}
                >
                  {(['system', 'light', 'dark'] as const).map((theme) => (
                    <option key={theme} value={theme}>
                      {say(`theme.${theme}`)}
                    </option>
                  ))}
                </select>
              </label>
              <button type="button" onClick={session.signOut}>
                <LogOut size={16} aria-hidden="true" /> {say('sign_out')}
              </button>
            </div>
          )}
        </Menu>
      </header>
      <nav
        id="navigation"
        class={open ? 'side open no-print' : 'side no-print'}
        aria-label={say('navigation')}
      >
        <ul>
          {PAGES.filter((entry) => !entry.needs || entry.needs.some(session.may)).map(
            ({ page, icon: Icon }) => (
              <li key={page}>
                <Link href={`/app/${page}`} aria-current={path === `/app/${page}` ? 'page' : undefined}>
                  <Icon size={18} aria-hidden="true" />
                  <span>{say(`page.${page}`)}</span>
                </Link>
              </li>
            ),
          )}
        </ul>
      </nav>
      {open ? (
        <button type="button" class="veil" aria-label={say('close_menu')} onClick={() => setOpen(false)} />
      ) : null}
      <main id="page" class="page" tabIndex={-1} ref={main}>
        {children}
      </main>
    </div>
  )
}

interface PageProps {
  title: string
  /** Beside the title: switches, an export button. */
  tools?: ComponentChildren
  /** Under the title: the filter bar, tabs. */
  bar?: ComponentChildren
  children: ComponentChildren
}

/** The frame of one page: title of the window, heading, tools. */
export function Page({ title, tools, bar, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Ringlake`
  }, [title])
  return (
    <div class="stack">
      <div class="spread page-head">
        <h1>{title}</h1>
        {tools ? <div class="row no-print">{tools}</div> : null}
      </div>
      {bar}
      {children}
    </div>
  )
}
