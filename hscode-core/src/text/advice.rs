//! What to add to a description, by the kind of what is missing.

macro_rules! advice {
    ($($name:ident, $key:literal, $text:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Advice { $($name,)* }

        impl Advice {
            /// The advice whose key is `name` in the list of terms.
            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($key => Some(Self::$name),)* _ => None }
            }

            /// The sentence for people.
            pub(super) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

advice! {
    What, "what", "Say what the article is, what it is made of and what it is for.";
    Gift, "gift", "Say what the gift is: each article, its material and its use; \
        that it is a gift belongs in the type of transaction.";
    Sample, "sample", "Say what travels: each article, its material and its use; \
        why it travels (sample, return, promotion) belongs in another field.";
    Part, "part", "Say which part it is (brake pad, gasket, gear), of which machine or vehicle, and its material.";
    Accessory, "accessory", "Name each accessory (phone case, hair clip, mounting bracket), what it goes with \
        and its material.";
    Cargo, "cargo", "List every article in the consignment on its own line, each with its material and use.";
    Effects, "effects", "List the articles (used clothing, books, kitchen utensils), and say if they are used.";
    Reference, "reference", "Write out what the other paper says: the article, its material and its use; \
        customs reads the description alone.";
    Placeholder, "placeholder", "Replace this with the name of the article, its material and its use.";
    Code, "code", "Add words to the codes and quantities: what the article is, what it is made of and what it \
        is for.";
    Packing, "packing", "Say what is inside; if the packaging itself is the goods, say so and of what material.";
    Garment, "garment", "Name the garment, for whom it is (men, women, babies), whether it is knitted or woven, \
        and its main fibre.";
    Footwear, "footwear", "Say what the upper and the sole are made of, whether it covers the ankle, and whether \
        it is for sport.";
    Textile, "textile", "Name the article or the fabric, its fibre, whether it is knitted or woven, and its use.";
    Electronics, "electronics", "Name the device and what it does (Bluetooth earphones, voltage converter, \
        kitchen blender).";
    Machine, "machine", "Name the machine or instrument, what it does, on what material or product, and how it \
        is driven.";
    Tool, "tool", "Name the tool (screwdriver, drill, wrench), whether a motor drives it, and its material.";
    Food, "food", "Name the food or drink, what it is made of, its state (fresh, frozen, dried, prepared) and \
        how it is packed for sale.";
    Chemical, "chemical", "Give the chemical name and, if there is one, the CAS number, whether it is pure or \
        mixed, and what it is for.";
    Medical, "medical", "Name the product and its active substance or its use, and whether it is put up for \
        retail sale.";
    Cosmetic, "cosmetic", "Name the product (lipstick, shampoo, face cream) and the part of the body it is for.";
    MaterialArticle, "material_article", "Name the article made of this material and what it is for.";
    Material, "material", "Say in what form the material comes (bars, sheets, waste, an article made of it) and \
        of what grade.";
    ProductForm, "product_form", "Say what it is made of, its shape or size, and what it is for.";
    Sport, "sport", "Name the article, its material, and the sport or hobby it is for.";
    Home, "home", "Name the article, its material, and the room or place it is for.";
    Bag, "bag", "Say what it carries or covers and what its outer surface is made of (leather, plastic, textile).";
    Jewellery, "jewellery", "Say what it is made of (gold, silver, plated metal, plastic) and whether stones are \
        real.";
    Toy, "toy", "Say what kind of toy or game it is (doll, building blocks, card game), its material, and whether \
        it has a motor.";
    Plant, "plant", "Name the species, whether it is alive, and what it is for (breeding, planting, food).";
    Vehicle, "vehicle", "Say what kind of vehicle it is, its engine (petrol, diesel, electric; size), and whether \
        it is new or used.";
    Document, "document", "Say what kind of document, print or medium it is, and whether it is for sale.";
    Shorter, "shorter", "Shorten the text: put the article, its material and its use first.";
}
