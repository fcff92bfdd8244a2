//! What is generated from the table of functions.

/// Generates from the table of functions `LOGINS`, `ROUTES`, an enum of each function's routes, and
/// [`for_each_endpoint`](crate::for_each_endpoint). A `name` is that of the folder and the binary, where
/// it has a hyphen; the crate's name is an identifier. After `=>`, a route names its
/// [`Route::metadata`](crate::routes::Route::metadata). `$d` is a dollar sign.
macro_rules! functions {
    (($d:tt) $($function:ident {
        $(sql: $group:expr => [$($statement:path),+ $(,)?];)?
        $(endpoint: $endpoint:ident;
        $(name: $name:literal;)?
        $(switch: $switch:ident;)?
        routes: $routes:ident {
            $($variant:ident $(($($parameter:ty),+))?
                = $method:ident $path:literal, $access:expr $(, $throttle:ident)?
                    $(=> $metadata:ident)?;)+
        })?
    })+) => {
        /// The name of each function's folder and binary, by its crate.
        #[expect(non_upper_case_globals, reason = "each is named like its crate")]
        #[cfg_attr(
            not(feature = "database"),
            expect(dead_code, reason = "one without routes is named for its login alone")
        )]
        mod names {
            $(pub(super) const $function: &str = functions!(@name $function $($($name)?)?);)+
        }

        /// All functions that query the database. A test proves that members of a group can run the
        /// statements listed for it and no others.
        #[cfg(feature = "database")]
        pub const LOGINS: &[Login] = &[$($(Login {
            function: names::$function,
            group: $group,
            statements: &[$(&$statement),+],
        },)?)+];

        /// All routes of the API.
        pub const ROUTES: &[Route] = &[$($($(
            functions!(
                @route $function $method $path $access; $($($parameter)+)?; $($throttle)?;
                $($metadata)?
            ),
        )+)?)+];

        /// The settings that turn off all routes of a function, by the function: their value is then
        /// `off`.
        pub const SWITCHES: &[(&str, &str)] =
            &[$($($((names::$function, stringify!($switch)),)?)?)+];

        $($(
            #[doc = concat!("The routes of `", stringify!($function), "`.")]
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum $routes {
                $(#[doc = concat!("`", stringify!($method), " ", $path, "`")]
                $variant $(($($parameter),+))?,)+
            }

            impl Routes for $routes {
                const FUNCTION: &'static str = names::$function;

                const TABLE: &'static [(Route, Parse<Self>)] = &[$((
                    functions!(
                        @route $function $method $path $access; $($($parameter)+)?; $($throttle)?;
                        $($metadata)?
                    ),
                    |_parameters| Some(Self::$variant $(($(_parameters.parse::<$parameter>()?),+))?),
                ),)+];

                fn path(&self) -> &'static str {
                    match self {
                        $(Self::$variant { .. } => $path,)+
                    }
                }
            }
        )?)+

        /// Calls a macro with `(crate "name" Endpoint Routes)` for each function with routes: its crate,
        /// its name where that is another, its [`crate::http::Endpoint`] there, and its enum of routes
        /// here.
        #[macro_export]
        macro_rules! for_each_endpoint {
            ($d callback:ident) => {
                $d callback! { $($(($function $($name)? $endpoint $routes))?)+ }
            };
        }
    };
    (
        @route $function:ident $method:ident $path:literal $access:expr; $($parameter:ty)*;
        $($throttle:ident)?; $($metadata:ident)?
    ) => {
        Route {
            method: method::$method,
            path: $path,
            function: names::$function,
            access: $access,
            throttle: functions!(@throttle $($throttle)?),
            examples: &[$(<$parameter as crate::routes::PathParameter>::EXAMPLE),*],
            metadata: functions!(@metadata $($metadata)?),
        }
    };
    (@name $function:ident) => { stringify!($function) };
    (@name $function:ident $name:literal) => { $name };
    (@metadata) => { None };
    (@metadata $metadata:ident) => { Some(stringify!($metadata)) };
    (@throttle) => { Throttle::Default };
    (@throttle $throttle:ident) => { Throttle::$throttle };
}
