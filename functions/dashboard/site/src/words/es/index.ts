import alerts from './alerts.json'
import contacts from './contacts.json'
import customers from './customers.json'
import exports from './exports.json'
import fields from './fields.json'
import filter from './filter.json'
import interactions from './interactions.json'
import kit from './kit.json'
import live from './live.json'
import missed from './missed.json'
import numbers from './numbers.json'
import overview from './overview.json'
import quotes from './quotes.json'
import settings from './settings.json'
import shell from './shell.json'
import spend from './spend.json'
import team from './team.json'
import terms from './terms.json'

export default {
  alerts,
  contacts,
  customers,
  exports,
  fields,
  filter,
  interactions,
  kit,
  live,
  missed,
  numbers,
  overview,
  quotes,
  settings,
  shell,
  spend,
  team,
  terms,
}
