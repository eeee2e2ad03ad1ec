// The workspace itself: what it is called, the thresholds that decide how calls come out, and how long things are kept.
import { useState } from 'preact/hooks'
import { client, type Schemas } from '../../ask'
import { useFormat } from '../../kit/format'
import { Check, Select, Text, wrongOf } from '../../kit/inputs'
import { Notice } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { useSession } from '../../session'
import { LANGUAGE_NAMES, LANGUAGES, type Language, useWords } from '../../words'
import { ifMatch, Lines, useSaving, useVersioned, type Versioned, Wrong } from './editing'
import { linesOf } from './entries'
import { SaveState } from './hours'
import { CountryText, CurrencyText, ZoneText } from './places'

type Settings = Schemas['SettingsView']

const SERVICE = ['service_threshold_s', 'service_target_pct', 'text_sla_s', 'callback_sla_s'] as const
const COUNTING = ['short_abandon_s', 'missed_ring_s', 'target_talk_s', 'repeat_days'] as const
const RECOVERY = ['recovery_window_days', 'case_burst_s'] as const
const SWITCHES = ['recovery_strict', 'recover_voicemail', 'recover_short'] as const
const WORDS = ['sale_dispositions', 'resolved_dispositions', 'unresolved_dispositions'] as const
const KEEPING = ['raw_days', 'record_days'] as const
const LIMITS = [
  'exports_at_once',
  'exports_at_once_user',
  'exports_daily',
  'exports_daily_user',
  'exports_running',
  'exports_notice_rows',
] as const
const WHOLE = [...SERVICE, ...COUNTING, ...RECOVERY, ...KEEPING, ...LIMITS] as const
type Whole = (typeof WHOLE)[number]
type Switch = (typeof SWITCHES)[number]
type WordList = (typeof WORDS)[number]

export default function WorkspaceTab() {
  const query = useVersioned('/v1/directory/settings')
  return (
    <Answered query={query}>
      {(found) => <Form key={found.etag} found={found} reload={() => void query.refetch()} />}
    </Answered>
  )
}

function Form({ found, reload }: { found: Versioned<Settings>; reload: () => void }) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const format = useFormat()
  const session = useSession()
  const settings = found.document
  const [name, setName] = useState(settings.name)
  const [zone, setZone] = useState(settings.zone)
  const [country, setCountry] = useState(settings.country)
  const [currency, setCurrency] = useState(settings.currency)
  const [language, setLanguage] = useState<Language>(settings.language)
  const [plan, setPlan] = useState(settings.plan)
  const [weekStart, setWeekStart] = useState(String(settings.week_start))
  const [fiscal, setFiscal] = useState(String(settings.fiscal_month))
  const [whole, setWhole] = useState(
    () => Object.fromEntries(WHOLE.map((one) => [one, String(settings[one])])) as Record<Whole, string>,
  )
  const [switches, setSwitches] = useState(
    () => Object.fromEntries(SWITCHES.map((one) => [one, settings[one]])) as Record<Switch, boolean>,
  )
  const [lists, setLists] = useState(
    () => Object.fromEntries(WORDS.map((one) => [one, settings[one].join('\n')])) as Record<WordList, string>,
  )
  const saving = useSaving(['/v1/directory/settings', '/v1/me', '/v1/metrics'])
  const error = saving.error
  const administer = session.may('administer')
  const mayChange = (setting: string) => administer || !settings.administered.includes(setting)
  const usual = (setting: string, text: (value: number) => string): string => {
    const value = settings.defaults[setting]
    return typeof value === 'number' ? say('usual', { value: text(value) }) : ''
  }
  const wanted: Record<string, unknown> = {
    name: name.trim(),
    zone,
    country,
    currency,
    language,
    plan,
    week_start: Number(weekStart),
    fiscal_month: Number(fiscal),
    ...Object.fromEntries(WHOLE.map((one) => [one, Number(whole[one])])),
    ...switches,
    ...Object.fromEntries(WORDS.map((one) => [one, linesOf(lists[one])])),
  }
  const before = settings as unknown as Record<string, unknown>
  const different = Object.keys(wanted).filter(
    (one) => JSON.stringify(wanted[one]) !== JSON.stringify(before[one]),
  )
  const remakes = different.some((one) => settings.remaking.includes(one))
  const save = () =>
    saving.run(() =>
      client.PATCH('/v1/directory/settings', {
        params: { header: ifMatch(found.etag) },
        body: Object.fromEntries(different.map((one) => [one, wanted[one]])),
      }),
    )
  const field = (setting: Whole) => {
    const unit = setting.endsWith('_s')
      ? say('unit.s')
      : setting.endsWith('_days')
        ? say('unit.days')
        : setting.endsWith('_pct')
          ? '%'
          : ''
    return (
      <Text
        key={setting}
        label={`${say(`set.${setting}`)}${unit ? `, ${unit}` : ''}`}
        why={`${say(`set.${setting}.why`)} ${usual(setting, (value) => format.count(value))}`}
        type="number"
        inputMode="numeric"
        min={0}
        step={1}
        required
        disabled={!mayChange(setting)}
        value={whole[setting]}
        onChange={(text) => setWhole({ ...whole, [setting]: text })}
        wrong={wrongOf(error, setting)}
      />
    )
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <Wrong error={error} fields={[...Object.keys(wanted)]} reload={reload} />
      <section class="card stack">
        <header>
          <div>
            <h2>{say('tab.workspace')}</h2>
            <p class="about">{say('workspace.version', { version: settings.settings_version })}</p>
          </div>
        </header>
        <div class="thresholds">
          <Text label={say('name')} required value={name} onChange={setName} wrong={wrongOf(error, 'name')} />
          <ZoneText
            label={say('zone')}
            why={say('workspace.zone.why')}
            required
            value={zone}
            onChange={setZone}
            wrong={wrongOf(error, 'zone')}
          />
          <CountryText
            label={say('country')}
            why={say('workspace.country.why')}
            required
            value={country}
            onChange={setCountry}
            wrong={wrongOf(error, 'country')}
          />
          <CurrencyText
            label={say('currency')}
            why={say('workspace.currency.why')}
            required
            value={currency}
            onChange={setCurrency}
            wrong={wrongOf(error, 'currency')}
          />
          <Select
            label={say('language')}
            why={say('workspace.language.why')}
            value={language}
            onChange={setLanguage}
            options={LANGUAGES.map((one) => ({ id: one, name: LANGUAGE_NAMES[one] }))}
            wrong={wrongOf(error, 'language')}
          />
          <Select
            label={say('week_start')}
            value={weekStart}
            onChange={setWeekStart}
            options={[1, 2, 3, 4, 5, 6, 7].map((day) => ({
              id: String(day),
              name: format.weekday(day, 'long'),
            }))}
            wrong={wrongOf(error, 'week_start')}
          />
          <Select
            label={say('fiscal_month')}
            why={say('fiscal_month.why')}
            value={fiscal}
            onChange={setFiscal}
            options={Array.from({ length: 12 }, (_, month) => ({
              id: String(month + 1),
              name: format.day(`2026-${String(month + 1).padStart(2, '0')}-15`, { month: 'long' }),
            }))}
            wrong={wrongOf(error, 'fiscal_month')}
          />
          <Select
            label={say('plan')}
            why={say(`plan.${plan === 'starter' ? 'starter' : plan === 'scale' ? 'scale' : 'business'}.why`)}
            value={plan}
            disabled={!mayChange('plan')}
            onChange={setPlan}
            options={(['starter', 'business', 'scale'] as const).map((one) => ({
              id: one as string,
              name: say(`plan.${one}`),
            }))}
            wrong={wrongOf(error, 'plan')}
          />
        </div>
      </section>
      <section class="card stack">
        <header>
          <div>
            <h2>{say('promises')}</h2>
            <p class="about">{say('promises.about')}</p>
          </div>
        </header>
        <div class="thresholds">{SERVICE.map(field)}</div>
      </section>
      <section class="card stack">
        <header>
          <h2>{say('counting')}</h2>
        </header>
        <div class="thresholds">{COUNTING.map(field)}</div>
      </section>
      <section class="card stack">
        <header>
          <h2>{say('recovery')}</h2>
        </header>
        <div class="thresholds">{RECOVERY.map(field)}</div>
        {SWITCHES.map((one) => (
          <Check
            key={one}
            label={say(`set.${one}`)}
            why={`${say(`set.${one}.why`)} ${say('usual', { value: settings.defaults[one] ? kit('yes') : kit('no') })}`}
            checked={switches[one]}
            onChange={(checked) => setSwitches({ ...switches, [one]: checked })}
          />
        ))}
      </section>
      <section class="card stack">
        <header>
          <div>
            <h2>{say('dispositions')}</h2>
            <p class="about">{say('dispositions.about')}</p>
          </div>
        </header>
        <div class="thresholds">
          {WORDS.map((one) => (
            <Lines
              key={one}
              id={one}
              label={say(`set.${one}`)}
              why={say(`set.${one}.why`)}
              value={lists[one]}
              onChange={(text) => setLists({ ...lists, [one]: text })}
              wrong={wrongOf(error, one)}
              rows={3}
            />
          ))}
        </div>
      </section>
      <section class="card stack">
        <header>
          <div>
            <h2>{say('keeping')}</h2>
            <p class="about">{say(administer ? 'keeping.about' : 'administer.needed')}</p>
          </div>
        </header>
        <div class="thresholds">{KEEPING.map(field)}</div>
      </section>
      <section class="card stack">
        <header>
          <div>
            <h2>{say('limits')}</h2>
            <p class="about">{say(administer ? 'limits.about' : 'administer.needed')}</p>
          </div>
        </header>
        <div class="thresholds">{LIMITS.map(field)}</div>
      </section>
      {remakes ? <Notice tone="warn">{say('again.history')}</Notice> : null}
      <div class="savebar">
        <SaveState error={error} />
        <span class="faint small-text">{say('different', { count: different.length })}</span>
        <button type="submit" class="primary" disabled={saving.busy || !different.length}>
          {kit('save')}
        </button>
      </div>
    </form>
  )
}
