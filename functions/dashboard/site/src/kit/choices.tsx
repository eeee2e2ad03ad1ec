// Choosing: several of a list with search, one of a few, tabs in the address.
import { ChevronDown } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks'
import { Link, useLocation, useSearch } from 'wouter-preact'
import { useWords } from '../words'
import { useFormat } from './format'
import { Menu } from './overlay'

export interface Option {
  id: string
  name: string
  /** Deleted: greyed and last, still to be chosen (features.md F5). */
  gone?: boolean
  /** A number, a team: said and searched beside the name. */
  about?: string
}

interface ManyProps {
  label: string
  options: Option[]
  chosen: string[]
  onChange: (chosen: string[]) => void
  /** What nothing chosen means; "all" when left out. */
  none?: string
  children?: ComponentChildren
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()

/** Any part of the name, whatever its case and accents (features.md R19). */
export function matches(option: Option, searched: string): boolean {
  return plain(`${option.name} ${option.about ?? ''}`).includes(plain(searched.trim()))
}

export function Many({ label, options, chosen, onChange, none, children }: ManyProps) {
  const say = useWords('kit')
  const format = useFormat()
  const [searched, search] = useState('')
  const id = useId()
  const names = new Map(options.map((option) => [option.id, option.name]))
  const shown = useMemo(
    () =>
      options
        .filter((option) => matches(option, searched))
        .sort((a, b) => Number(a.gone ?? false) - Number(b.gone ?? false) || format.compare(a.name, b.name)),
    [options, searched, format],
  )
  const text =
    chosen.length === 0
      ? (none ?? say('all'))
      : chosen.length === 1
        ? (names.get(chosen[0] as string) ?? (chosen[0] as string))
        : say('chosen', { count: chosen.length })
  const toggle = (one: string) =>
    onChange(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one])
  return (
    <Menu
      button={
        <>
          <span title={`${label}: ${text}`}>
            <span class="faint">{label}:</span> {text}
          </span>
          <ChevronDown size={15} aria-hidden="true" />
        </>
      }
    >
      {() => (
        <>
          {options.length > 7 ? (
            <input
              type="search"
              placeholder={say('search')}
              aria-label={say('search_in', { what: label })}
              value={searched}
              onInput={(event) => search(event.currentTarget.value)}
            />
          ) : null}
          {children}
          <div class="options" role="group" aria-label={label}>
            {shown.map((option) => (
              <label key={option.id} class={option.gone ? 'gone' : undefined} for={`${id}-${option.id}`}>
                <input
                  id={`${id}-${option.id}`}
                  type="checkbox"
                  checked={chosen.includes(option.id)}
                  onChange={() => toggle(option.id)}
                />
                <span>
                  {option.name} {option.about ? <span class="faint small-text">{option.about}</span> : null}
                  {option.gone ? <span class="small-text"> ({say('deleted')})</span> : null}
                </span>
              </label>
            ))}
            {shown.length ? null : <p class="faint small-text">{say('nothing_found')}</p>}
          </div>
          {chosen.length ? (
            <button type="button" class="small" onClick={() => onChange([])}>
              {say('clear')}
            </button>
          ) : null}
        </>
      )}
    </Menu>
  )
}

interface OneProps<T extends string> {
  label: string
  options: readonly { id: T; name: string }[]
  chosen: T
  onChange: (chosen: T) => void
}

/** One of a long list. */
export function One<T extends string>({ label, options, chosen, onChange }: OneProps<T>) {
  const id = useId()
  return (
    <span class="row">
      <label for={id} class="faint">
        {label}
      </label>
      <select id={id} value={chosen} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.name}
          </option>
        ))}
      </select>
    </span>
  )
}

/** One of two to five, side by side. */
export function Switch<T extends string>({ label, options, chosen, onChange }: OneProps<T>) {
  return (
    <div class="switch" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.id}
          aria-pressed={option.id === chosen}
          onClick={() => onChange(option.id)}
        >
          {option.name}
        </button>
      ))}
    </div>
  )
}

interface TabsProps {
  label: string
  tabs: { id: string; name: ComponentChildren }[]
  chosen: string
  parameter?: string
}

/** Parts of a page: links, so that each has an address. */
export function Tabs({ label, tabs, chosen, parameter = 'tab' }: TabsProps) {
  const [path] = useLocation()
  const search = useSearch()
  const to = (id: string) => {
    const all = new URLSearchParams(search)
    all.set(parameter, id)
    return `${path}?${all}`
  }
  // Where a telephone has no room for all, the one that is shown is in sight.
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    const link = place.current?.querySelector<HTMLElement>(`[data-tab="${chosen}"]`)
    if (place.current && link) place.current.scrollLeft = link.offsetLeft - place.current.offsetLeft - 32
  }, [chosen])
  return (
    <nav ref={place} class="tabs no-print" aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          href={to(tab.id)}
          data-tab={tab.id}
          aria-current={tab.id === chosen ? 'page' : undefined}
        >
          {tab.name}
        </Link>
      ))}
    </nav>
  )
}
