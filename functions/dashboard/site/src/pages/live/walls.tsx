// Walls: addresses of the board for screens without a sign-in, to be made, copied once and withdrawn (demands.md D66).
import { MonitorUp, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, useChange } from '../../ask'
import { useFormat } from '../../kit/format'
import { Field, Select, Text, wrongOf } from '../../kit/inputs'
import { Confirm, Dialog, useToast } from '../../kit/overlay'
import { Notice, Secret } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { useSession } from '../../session'
import { LANGUAGE_NAMES, LANGUAGES, type Language, useWords } from '../../words'
import type { LiveFilter } from './filter'

type Body = Schemas['WallBody']
type Limit = 'wait_amber_s' | 'wait_red_s' | 'waiting_amber' | 'waiting_red'
const LIMITS = [
  'wait_amber_s',
  'wait_red_s',
  'waiting_amber',
  'waiting_red',
] as const satisfies readonly Limit[]
const THEMES = ['dark', 'light', 'auto'] as const

function NewWall({
  filter,
  narrowed,
  onMade,
}: {
  filter: LiveFilter
  narrowed: boolean
  onMade: (url: string) => void
}) {
  const say = useWords('live')
  const session = useSession()
  const [name, setName] = useState('')
  const [filtered, setFiltered] = useState<'all' | 'shown'>(narrowed ? 'shown' : 'all')
  const [limits, setLimits] = useState<Record<Limit, string>>({
    wait_amber_s: '',
    wait_red_s: '',
    waiting_amber: '',
    waiting_red: '',
  })
  const [language, setLanguage] = useState<Language>(session.language)
  const [theme, setTheme] = useState<(typeof THEMES)[number]>('dark')
  const make = useChange((body: Body) => client.POST('/v1/live/walls', { body }), ['/v1/live/walls'])
  const number = (text: string) => (text.trim() === '' ? null : Number(text))
  const submit = () =>
    make.mutate(
      {
        name: name.trim(),
        filter: (filtered === 'shown' ? filter : {}) as Body['filter'],
        thresholds: Object.fromEntries(
          LIMITS.map((limit) => [limit, number(limits[limit])]),
        ) as Body['thresholds'],
        language,
        theme,
      } as Body,
      {
        onSuccess: (made) => {
          setName('')
          onMade(made.url)
        },
      },
    )
  const others = make.error?.errors.filter((one) => !['name'].includes(one.field)) ?? []
  return (
    <form
      class="wall-form"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Text
        label={say('walls.name')}
        value={name}
        onChange={setName}
        required
        maxLength={120}
        wrong={wrongOf(make.error, 'name')}
      />
      <Select
        label={say('walls.shows')}
        value={filtered}
        onChange={setFiltered}
        disabled={!narrowed}
        options={[
          { id: 'all', name: say('walls.shows_all') },
          { id: 'shown', name: say('walls.shows_filtered') },
        ]}
      />
      <Select
        label={say('walls.language')}
        value={language}
        onChange={setLanguage}
        options={LANGUAGES.map((id) => ({ id, name: LANGUAGE_NAMES[id] }))}
      />
      <Select
        label={say('walls.theme')}
        value={theme}
        onChange={setTheme}
        options={THEMES.map((id) => ({ id, name: say(`walls.theme.${id}`) }))}
      />
      {LIMITS.map((limit) => (
        <Field
          key={limit}
          label={say(`walls.${limit}`)}
          why={limit === 'wait_amber_s' ? say('walls.by_promise') : undefined}
          wrong={wrongOf(make.error, `thresholds.${limit}`)}
        >
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={0}
              max={limit.startsWith('waiting') ? 10_000 : 86_400}
              step={1}
              inputMode="numeric"
              value={limits[limit]}
              onInput={(event) => setLimits({ ...limits, [limit]: event.currentTarget.value })}
            />
          )}
        </Field>
      ))}
      <div class="whole tight">
        {make.error ? (
          <Notice tone="bad">
            {others.length
              ? others.map((one) => `${one.field}: ${one.reason}`).join('; ')
              : make.error.detail || make.error.title}
          </Notice>
        ) : null}
        <p class="faint small-text">{say('walls.about_rights')}</p>
        <div class="row">
          <button type="submit" class="primary" disabled={make.isPending || !name.trim()}>
            <MonitorUp size={16} aria-hidden="true" /> {say('walls.make')}
          </button>
        </div>
      </div>
    </form>
  )
}

function WallRow({ wall, onWithdraw }: { wall: Schemas['WallView']; onWithdraw: () => void }) {
  const say = useWords('live')
  const format = useFormat()
  return (
    <li data-wall={wall.id}>
      <div class="tight">
        <b>{wall.name}</b>
        <span class="faint small-text">
          {say('walls.made', { at: format.at(wall.created_at), who: wall.owner_name || wall.owner })}
          {Object.keys(wall.filter).length ? ` · ${say('walls.filtered')}` : ''}
        </span>
      </div>
      <div class="row">
        {wall.stands ? (
          <span class={wall.screens ? 'tag good' : 'tag'}>
            {say('walls.screens', { count: wall.screens })}
          </span>
        ) : (
          <span class="tag warn">{say('walls.rests')}</span>
        )}
        <button type="button" class="small danger" onClick={onWithdraw}>
          <Trash2 size={15} aria-hidden="true" /> {say('walls.withdraw')}
        </button>
      </div>
    </li>
  )
}

export function WallsDialog({
  filter,
  narrowed,
  onClose,
}: {
  filter: LiveFilter
  narrowed: boolean
  onClose: () => void
}) {
  const say = useWords('live')
  const tell = useToast()
  const walls = useAnswer('/v1/live/walls', {}, { every: 5_000 })
  const [url, setUrl] = useState<string | null>(null)
  const [leaving, setLeaving] = useState<Schemas['WallView'] | null>(null)
  const withdraw = useChange(
    (id: string) => client.DELETE('/v1/live/walls/{id}', { params: { path: { id } } }),
    ['/v1/live/walls'],
  )
  return (
    <Dialog title={say('walls.title')} kind="wide" onClose={onClose}>
      <div class="stack">
        <p class="faint">{say('walls.about')}</p>
        {url ? (
          <Notice tone="good">
            <div class="tight">
              <b>{say('walls.once')}</b>
              <Secret text={url} what={say('walls.address')} />
            </div>
          </Notice>
        ) : null}
        <Answered query={walls} lines={2}>
          {(data) =>
            data.walls.length ? (
              <ul class="wall-list" aria-label={say('walls.title')}>
                {data.walls.map((wall) => (
                  <WallRow key={wall.id} wall={wall} onWithdraw={() => setLeaving(wall)} />
                ))}
              </ul>
            ) : (
              <Empty inline title={say('walls.none')} />
            )
          }
        </Answered>
        <section class="tight">
          <h3>{say('walls.new')}</h3>
          <NewWall filter={filter} narrowed={narrowed} onMade={setUrl} />
        </section>
      </div>
      {leaving ? (
        <Confirm
          title={say('walls.withdraw_title', { name: leaving.name })}
          text={say('walls.withdraw_text', { count: leaving.screens })}
          action={say('walls.withdraw')}
          danger
          busy={withdraw.isPending}
          onClose={() => setLeaving(null)}
          onConfirm={() =>
            withdraw.mutate(leaving.id, {
              onSuccess: () => {
                setLeaving(null)
                setUrl(null)
                tell(say('walls.withdrawn'))
              },
              onError: (error) => tell(error.detail || error.title, true),
            })
          }
        />
      ) : null}
    </Dialog>
  )
}
