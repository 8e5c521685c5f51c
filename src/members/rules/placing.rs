//! Who is who in a batch (ID-2): one claim after the other, as if each came alone.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::codes::IdentifierKind;
use entity::ids::MemberId;
use entity::values::Digest;

use super::claims::{Claim, Proof, is_exclusive, is_login};

/// An identifier kind that a member has: member, kind, scope.
pub type Held = (MemberId, IdentifierKind, String);

/// An identifier to write down.
#[derive(Clone, Debug)]
pub struct Addition<'a> {
    /// Whose it becomes.
    pub member: MemberId,
    /// What it is.
    pub claim: &'a Claim,
}

/// An identifier that belongs to another member than the one it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clash {
    /// Whom the claims were taken to be about.
    pub member: MemberId,
    /// Whose the identifier is and stays; the same member when she has another one of a kind of which she may have one.
    pub owner: MemberId,
    /// Its kind.
    pub kind: IdentifierKind,
}

/// What a batch of claims comes to.
#[derive(Debug, Default)]
pub struct Placing<'a> {
    /// The member of each; none where nothing names anybody.
    pub placed: Vec<Option<MemberId>>,
    /// Members to make, with the position of the claims that name them first.
    pub made: Vec<(MemberId, usize)>,
    /// Identifiers to write down.
    pub additions: Vec<Addition<'a>>,
    /// What did not fit together.
    pub clashes: BTreeSet<Clash>,
    owners: HashMap<Digest, MemberId>,
    held: HashSet<Held>,
    new: HashSet<MemberId>,
}

impl<'a> Placing<'a> {
    /// Places each person's claims, which come in matching order. `owners` says whose the known identifiers are,
    /// `held` which kinds the known members have; `fresh` makes ids.
    pub fn of(
        people: &'a [Vec<Claim>],
        proof: Proof,
        owners: HashMap<Digest, MemberId>,
        held: HashSet<Held>,
        mut fresh: impl FnMut() -> MemberId,
    ) -> Self {
        let mut placing = Self { owners, held, ..Self::default() };
        for (at, claims) in people.iter().enumerate() {
            let member = (!claims.is_empty()).then(|| placing.member_of(at, claims, &mut fresh));
            if let Some(member) = member {
                placing.take(member, claims, proof);
            }
            placing.placed.push(member);
        }
        placing
    }

    fn member_of(
        &mut self,
        at: usize,
        claims: &[Claim],
        fresh: &mut impl FnMut() -> MemberId,
    ) -> MemberId {
        let known = claims.iter().find_map(|claim| self.owners.get(&claim.digest));
        if let Some(known) = known {
            return *known;
        }
        let made = fresh();
        self.made.push((made, at));
        self.new.insert(made);
        made
    }

    fn take(&mut self, member: MemberId, claims: &'a [Claim], proof: Proof) {
        for claim in claims {
            let owner = self.owners.get(&claim.digest).copied();
            match owner {
                Some(owner) if owner == member => {}
                Some(owner) => {
                    self.clashes.insert(Clash { member, owner, kind: claim.kind });
                }
                None => self.add(member, claim, proof),
            }
        }
    }

    fn add(&mut self, member: MemberId, claim: &'a Claim, proof: Proof) {
        let holds = (member, claim.kind, claim.scope.clone());
        if is_exclusive(claim.kind) && self.held.contains(&holds) {
            self.clashes.insert(Clash { member, owner: member, kind: claim.kind });
            return;
        }
        // Otherwise whoever may send orders could let herself into the account behind a phone that she knows (RM2).
        let opens_the_door = is_login(claim.kind) && proof == Proof::Hearsay;
        if opens_the_door && !self.new.contains(&member) {
            return;
        }
        self.held.insert(holds);
        self.owners.insert(claim.digest.clone(), member);
        self.additions.push(Addition { member, claim });
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn claim(kind: IdentifierKind, value: &str) -> Claim {
        let digest = Digest(format!("{kind}:{value}"));
        Claim { kind, scope: String::new(), value: value.to_owned(), digest }
    }

    fn fresh() -> MemberId {
        MemberId::new(DateTime::UNIX_EPOCH)
    }

    fn place(people: &[Vec<Claim>], proof: Proof) -> Placing<'_> {
        Placing::of(people, proof, HashMap::new(), HashSet::new(), fresh)
    }

    #[test]
    fn the_first_claim_that_is_known_decides() {
        use IdentifierKind::{Card, Phone};
        let people = [
            vec![claim(Phone, "p1")],
            vec![claim(Card, "c2")],
            vec![claim(Phone, "p1"), claim(Card, "c2")],
            vec![claim(Phone, "p3"), claim(Card, "c2")],
        ];
        let placing = place(&people, Proof::Hearsay);
        let (one, two) = (placing.placed[0].unwrap(), placing.placed[1].unwrap());
        assert_eq!(placing.placed, [Some(one), Some(two), Some(one), Some(two)]);
        let clash = Clash { member: one, owner: two, kind: Card };
        assert_eq!(placing.clashes.into_iter().collect::<Vec<_>>(), [clash]);
        assert_eq!(placing.additions.len(), 3);
    }

    #[test]
    fn a_second_phone_is_not_taken_and_stays_free_for_its_owner() {
        use IdentifierKind::{Card, Phone};
        let people = [
            vec![claim(Phone, "p1"), claim(Card, "c1")],
            vec![claim(Phone, "p2"), claim(Card, "c1")],
            vec![claim(Phone, "p2")],
        ];
        let placing = place(&people, Proof::Shown);
        assert_eq!(placing.placed[0], placing.placed[1]);
        assert_ne!(placing.placed[0], placing.placed[2]);
        assert_eq!(placing.clashes.len(), 1);
    }

    #[test]
    fn hearsay_opens_no_door_to_a_known_member() {
        use IdentifierKind::{OpenId, Phone};
        let her = fresh();
        let owners = HashMap::from([(claim(Phone, "p1").digest, her)]);
        let people = [vec![claim(Phone, "p1"), claim(OpenId, "o1")]];
        let told = |proof| {
            Placing::of(&people, proof, owners.clone(), HashSet::new(), fresh).additions.len()
        };
        assert_eq!((told(Proof::Hearsay), told(Proof::Shown)), (0, 1));
    }

    #[test]
    fn who_claims_nothing_is_nobody() {
        let people = [vec![]];
        let placing = place(&people, Proof::Shown);
        assert_eq!((placing.placed, placing.made.len()), (vec![None], 0));
    }

    fn people() -> impl Strategy<Value = Vec<Vec<Claim>>> {
        use IdentifierKind::{Card, Marketplace, OpenId, Phone, UnionId};
        let kinds = [UnionId, Phone, Card, Marketplace, OpenId];
        let person = proptest::array::uniform5(proptest::option::of(0..6_u8));
        let person = person.prop_map(move |values| {
            let pairs = kinds.into_iter().zip(values);
            pairs.filter_map(|(kind, value)| Some(claim(kind, &value?.to_string()))).collect()
        });
        proptest::collection::vec(person, 0..24)
    }

    /// The same people one call after the other, by the number of the member each falls to.
    fn one_by_one(people: &[Vec<Claim>]) -> Vec<Option<MemberId>> {
        let (mut owners, mut held) = (HashMap::new(), HashSet::new());
        let mut placed = Vec::new();
        for person in people {
            let single = [person.clone()];
            let placing = Placing::of(&single, Proof::Shown, owners.clone(), held.clone(), fresh);
            for addition in &placing.additions {
                let claim = addition.claim;
                owners.insert(claim.digest.clone(), addition.member);
                held.insert((addition.member, claim.kind, claim.scope.clone()));
            }
            placed.extend(placing.placed);
        }
        placed
    }

    /// Members by the order in which they appear, so that two runs can be compared.
    fn numbered(placed: &[Option<MemberId>]) -> Vec<Option<usize>> {
        let mut seen: Vec<MemberId> = Vec::new();
        let mut number = |id: MemberId| {
            seen.iter().position(|known| *known == id).unwrap_or_else(|| {
                seen.push(id);
                seen.len() - 1
            })
        };
        placed.iter().map(|id| id.map(&mut number)).collect()
    }

    proptest! {
        #[test]
        fn a_batch_is_the_same_as_one_after_the_other(people in people()) {
            let placing = place(&people, Proof::Shown);
            prop_assert_eq!(numbered(&placing.placed), numbered(&one_by_one(&people)));
            let mut once = HashSet::new();
            prop_assert!(placing.additions.iter().all(|addition| once.insert(&addition.claim.digest)));
            let made: HashSet<MemberId> = placing.made.iter().map(|(id, _)| *id).collect();
            let placed: HashSet<MemberId> = placing.placed.iter().flatten().copied().collect();
            prop_assert_eq!(made, placed);
        }
    }
}
